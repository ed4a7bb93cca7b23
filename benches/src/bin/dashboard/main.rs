//! Draws the shipped dashboard template as Grafana shows it, with made-up data: `cargo xtask dashboard`.
//!
//! [`model`] reads of the template what can be seen, [`story`] makes up the data, [`scale`] writes figures, [`draw`] draws.

#![expect(clippy::print_stdout, reason = "a program for people")]

mod draw;
mod model;
mod scale;
mod story;

use std::error::Error;
use std::path::Path;

use draw::Picture;
use hcp_metrics::HostedClusterRef;
use hcp_metrics::dashboards::Template;
use model::Dashboard;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dashboard.svg");

fn main() -> Result<(), Box<dyn Error>> {
    std::fs::write(Path::new(FILE), picture()?)?;
    println!("drawn in docs/dashboard.svg");
    Ok(())
}

fn picture() -> Result<String, Box<dyn Error>> {
    let cluster = HostedClusterRef::new("clusters", "prod", "6b6cbd9e-91a3-4b0a-9fbd-0d0a3a6f2c11");
    let dashboard: Dashboard = serde_json::from_str(&Template::shipped().fill(&cluster))?;
    Ok(Picture::new(&dashboard)?.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_picture_in_the_documentation_is_of_the_shipped_template() {
        let drawn = std::fs::read_to_string(super::FILE).unwrap();
        assert!(super::picture().unwrap() == drawn, "run `cargo xtask dashboard`");
    }
}
