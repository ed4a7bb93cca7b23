//! Keys of the Secrets and ConfigMaps that a spec refers to.

/// `spec.pullSecret`: credentials of registries.
pub const PULL_SECRET: &str = ".dockerconfigjson";
/// `spec.sshKey`: public keys.
pub const SSH_KEY: &str = "id_rsa.pub";
/// `spec.serviceAccountSigningKey`: the private key.
pub const SERVICE_ACCOUNT_SIGNING_KEY: &str = "key";
/// `spec.serviceAccountSigningKey`: the public key of the one before, while keys are rotated.
pub const SERVICE_ACCOUNT_OLD_PUBLIC_KEY: &str = "old-key.pub";
/// `spec.secretEncryption.aescbc.activeKey` and `backupKey`: the key.
pub const AESCBC_KEY: &str = "key";
/// `spec.auditWebhook`: a kubeconfig.
pub const AUDIT_WEBHOOK_KUBECONFIG: &str = "webhook-kubeconfig";
/// `spec.etcd.unmanaged.tls.clientSecret`: the authority of etcd's certificates.
pub const ETCD_CLIENT_CA: &str = "etcd-client-ca.crt";
/// `spec.etcd.unmanaged.tls.clientSecret`: the client's certificate.
pub const ETCD_CLIENT_CERTIFICATE: &str = "etcd-client.crt";
/// `spec.etcd.unmanaged.tls.clientSecret`: the client's private key.
pub const ETCD_CLIENT_KEY: &str = "etcd-client.key";
/// `spec.additionalTrustBundle`, a `ConfigMap`: certificates of authorities.
pub const TRUST_BUNDLE: &str = "ca-bundle.crt";
/// `spec.config` of a `NodePool`, a `ConfigMap`: machine configuration.
pub const NODE_POOL_CONFIG: &str = "config";
/// `spec.tuningConfig` of a `NodePool`, a `ConfigMap`: a `Tuned` or a `PerformanceProfile`.
pub const NODE_POOL_TUNING: &str = "tuning";
