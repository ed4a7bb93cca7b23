//! How the servers are called.

use std::path::Path;
use std::process::Command;

use crate::attach::ClientTls;
use crate::{Certificate, KubeAssets};

/// Files and ports of one environment.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) assets: &'a KubeAssets,
    pub(super) dir: &'a Path,
    /// Signs what the servers serve with, and what clients present.
    pub(super) ca: &'a Path,
    pub(super) serving: &'a Certificate,
    pub(super) account_keys: &'a Certificate,
    pub(super) kubeconfig: &'a Path,
}

impl Layout<'_> {
    /// Credentials are in files, never in arguments.
    pub(super) fn apiserver(&self, port: u16, etcd: &str, tls: &ClientTls) -> Command {
        let mut command = Command::new(&self.assets.kube_apiserver);
        self.serve(&mut command, port);
        command
            .arg(format!("--etcd-servers={etcd}"))
            .arg(file("etcd-cafile", &tls.ca))
            .arg(file("etcd-certfile", &tls.cert))
            .arg(file("etcd-keyfile", &tls.key))
            .arg(file("client-ca-file", self.ca))
            .arg("--authorization-mode=RBAC")
            .arg("--service-account-issuer=https://kubernetes.default.svc")
            .arg(file("service-account-key-file", &self.account_keys.cert))
            .arg(file("service-account-signing-key-file", &self.account_keys.key))
            .arg("--service-cluster-ip-range=10.0.0.0/24")
            .arg("--allow-privileged=true")
            // Pods can be made before a controller has made their service account.
            .arg("--disable-admission-plugins=ServiceAccount")
            // There is no network in which pods would reach it; without these it asks for the machine's own address.
            .arg("--advertise-address=127.0.0.1")
            .arg("--endpoint-reconciler-type=none");
        command
    }

    pub(super) fn controller_manager(&self, port: u16) -> Command {
        let mut command = Command::new(&self.assets.kube_controller_manager);
        self.serve(&mut command, port);
        for flag in ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"] {
            command.arg(file(flag, self.kubeconfig));
        }
        command
            .arg(file("service-account-private-key-file", &self.account_keys.key))
            .arg(file("root-ca-file", self.ca))
            .arg("--leader-elect=false")
            // Nobody plays the kubelet: nodes would be found dead, and their pods evicted.
            .arg("--controllers=*,-nodelifecycle,-cloud-node-lifecycle");
        command
    }

    fn serve(&self, command: &mut Command, port: u16) {
        command
            .arg("--bind-address=127.0.0.1")
            .arg(format!("--secure-port={port}"))
            .arg(file("cert-dir", self.dir))
            .arg(file("tls-cert-file", &self.serving.cert))
            .arg(file("tls-private-key-file", &self.serving.key));
    }
}

fn file(flag: &str, path: &Path) -> String {
    format!("--{flag}={}", path.display())
}
