//! Says what is wrong with the identity providers of a `HostedCluster`, and what `HyperShift` itself would report of it.
//!
//! ```text
//! cargo run -p hcp-examples --example check_oauth -- [strict] [FILE.yaml [REDIRECT-TEMPLATE]]
//! ```
//!
//! The file holds `HostedCluster`s, `HostedControlPlane`s or `OAuth`s; Secrets and ConfigMaps beside them are taken for all that there are in the
//! namespace. The template is `status.oauthCallbackURLTemplate`. With `strict` the exit code is 1 if something is refused; it is 2 if the file
//! cannot be read.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::process::ExitCode;

use hcp_core::oauth::{
    KubeadminEffect, OAuthDocument, OAuthDocuments, Policy, RedirectBase, kubeadmin_effect,
    redirect_url, valid_idp_configuration, validate,
};
use hcp_core::{FindingRow, Severity};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/oauth.yaml");
const TEMPLATE: &str =
    "https://oauth-clusters-prod.apps.example.com:443/oauth2callback/[identity-provider-name]";

fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let strict = args.first().is_some_and(|word| word == "strict");
    args.drain(..usize::from(strict));
    let file = args.first().map_or(FILE, String::as_str);
    let template = args.get(1).map_or(TEMPLATE, String::as_str);
    match check(file, template) {
        Ok(refused) if refused && strict => ExitCode::from(1),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            if let Some(cause) = error.source() {
                eprintln!("  because {cause}");
            }
            ExitCode::from(2)
        }
    }
}

fn check(file: &str, template: &str) -> Result<bool, Box<dyn Error>> {
    let all = OAuthDocuments::from_yaml(&std::fs::read_to_string(file)?)?;
    let mut refused = false;
    for document in &all.documents {
        println!("{} {}", document.kind, document.name);
        let Some(spec) = &document.spec else {
            println!("  no OAuth configuration: kubeadmin is the only user\n");
            continue;
        };
        let policy = Policy::default().with_at(document.at.clone());
        let findings = validate(spec, &policy, all.references.as_ref());
        for finding in &findings {
            show(&finding.row(), document);
            refused |= finding.severity == Severity::Refusal;
        }
        println!("  findings: {}", findings.len());

        let condition = valid_idp_configuration(spec);
        println!("  HyperShift reports {}: {}", condition.reason(), condition.aggregate());
        if kubeadmin_effect(None, Some(spec), None) == KubeadminEffect::Removed {
            println!("  kubeadmin is removed");
        }
        let base = RedirectBase::Template(template.to_owned());
        for provider in spec.providers().iter().filter_map(|provider| provider.name.as_deref()) {
            match redirect_url(&base, provider) {
                Ok(url) => println!("  redirect URL of {provider}: {url}"),
                Err(error) => println!("  redirect URL of {provider}: none, {error}"),
            }
        }
        println!();
    }
    Ok(refused)
}

fn show(row: &FindingRow, document: &OAuthDocument) {
    let place = row.path.to_string().replacen(&format!("{}.", document.at), "", 1);
    println!("  {:<8} {:<24} {place}", row.severity, row.rule);
    println!("           {}", row.message);
    println!("           -> {}", row.remedy);
}
