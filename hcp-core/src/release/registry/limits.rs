//! How much a registry may make us read, and for how long.

use std::time::Duration;

/// Limits of one lookup. What exceeds them is an error that names the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryLimits {
    /// Bytes of a manifest, an index or an image's configuration.
    pub manifest_bytes: u64,
    /// Bytes of a layer as it is sent.
    pub layer_bytes: u64,
    /// Bytes of a layer when decompressed.
    pub decompressed_bytes: u64,
    /// Bytes of one of the two files.
    pub file_bytes: u64,
    /// Layers of an image.
    pub layers: usize,
    /// Redirects of one request.
    pub redirects: usize,
    /// Time for the whole lookup, the wait for its turn included.
    pub total: Duration,
    /// Lookups at the same time; further ones wait.
    pub concurrent: usize,
}

impl Default for RegistryLimits {
    /// 4 MiB of manifest; layers of 1 GiB sent and 4 GiB decompressed; files of 32 MiB; 64 layers; 5 redirects; 2 minutes; 8 at the
    /// same time.
    fn default() -> Self {
        Self {
            manifest_bytes: 4 << 20,
            layer_bytes: 1 << 30,
            decompressed_bytes: 4 << 30,
            file_bytes: 32 << 20,
            layers: 64,
            redirects: 5,
            total: Duration::from_secs(120),
            concurrent: 8,
        }
    }
}

macro_rules! with {
    ($( $(#[$doc:meta])* $with:ident($field:ident: $kind:ty); )+) => {
        impl RegistryLimits {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $with(mut self, $field: $kind) -> Self {
                    self.$field = $field;
                    self
                }
            )+
        }
    };
}

with! {
    /// The same, with so many bytes of a manifest.
    with_manifest_bytes(manifest_bytes: u64);
    /// The same, with so many bytes of a layer as it is sent.
    with_layer_bytes(layer_bytes: u64);
    /// The same, with so many bytes of a layer when decompressed.
    with_decompressed_bytes(decompressed_bytes: u64);
    /// The same, with so many bytes of a file.
    with_file_bytes(file_bytes: u64);
    /// The same, with so many layers.
    with_layers(layers: usize);
    /// The same, with so many redirects.
    with_redirects(redirects: usize);
    /// The same, with so much time for a lookup.
    with_total(total: Duration);
    /// The same, with so many lookups at the same time.
    with_concurrent(concurrent: usize);
}
