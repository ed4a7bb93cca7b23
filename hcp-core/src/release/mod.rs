//! Release images: references, mirrors, metadata.
