//! Release images from registries, over the OCI distribution protocol.
