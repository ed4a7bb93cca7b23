//! Processor architectures of releases.

string_enum! {
    /// A processor architecture, as OCI images and Kubernetes nodes name it.
    pub enum Architecture {
        /// 64-bit x86.
        Amd64 = "amd64",
        /// 64-bit ARM.
        Arm64 = "arm64",
        /// 64-bit POWER, little endian.
        Ppc64le = "ppc64le",
        /// IBM Z.
        S390x = "s390x",
    }
}

impl Architecture {
    /// From the name that `CoreOS` and RPM use: `x86_64`, `aarch64`, and the others alike.
    #[must_use]
    pub fn from_coreos(name: &str) -> Self {
        match name {
            "x86_64" => Self::Amd64,
            "aarch64" => Self::Arm64,
            other => Self::from(other),
        }
    }
}
