//! The arguments of this program.

use std::path::PathBuf;

/// What a person sees when the arguments cannot be read.
pub(crate) const USAGE: &str = "\
Usage: cargo xtask oracle relabel|exposition [--cases N] [--seed S] [--show N]

  --cases N   how many cases to compare (100000)
  --seed S    the cases' seed (1); the same seed makes the same cases
  --show N    how many differences to print, each as small as it can be made (10)";

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// Rules and label sets.
    Relabel,
    /// Expositions.
    Exposition,
}

/// What a person asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// What is compared.
    pub(crate) name: Name,
    /// The program `hcp-peers`.
    pub(crate) peers: PathBuf,
    /// How many cases.
    pub(crate) cases: u64,
    /// What the cases are made from.
    pub(crate) seed: u64,
    /// How many differences are printed.
    pub(crate) show: usize,
}

impl Options {
    /// Reads `NAME --peers FILE [OPTION ..]`.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut words = words.into_iter();
        let name = match words.next().as_deref() {
            Some("relabel") => Name::Relabel,
            Some("exposition") => Name::Exposition,
            other => return Err(format!("there is no oracle {other:?}")),
        };
        let mut options = Self { name, peers: PathBuf::new(), cases: 100_000, seed: 1, show: 10 };
        while let Some(option) = words.next() {
            let value = words.next().ok_or_else(|| format!("`{option}` needs a value"))?;
            let number = || {
                let plain = value.replace('_', "");
                plain.parse::<u64>().map_err(|_| format!("`{option} {value}`: not a number"))
            };
            match option.as_str() {
                "--peers" => options.peers = PathBuf::from(value),
                "--cases" => options.cases = number()?,
                "--seed" => options.seed = number()?,
                "--show" => options.show = usize::try_from(number()?).unwrap_or(usize::MAX),
                _ => return Err(format!("there is no option `{option}`")),
            }
        }
        if options.peers.as_os_str().is_empty() {
            return Err("`--peers` is missing: `cargo xtask oracle` gives it".to_owned());
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, Options};

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn options_have_defaults_and_large_numbers_may_be_grouped() {
        let options = parse("relabel --peers p --cases 1_000_000").unwrap();
        assert_eq!((options.name, options.cases, options.seed), (Name::Relabel, 1_000_000, 1));
        for refused in
            ["", "cake --peers p", "relabel", "relabel --peers p --cases x", "relabel --seed"]
        {
            assert!(parse(refused).is_err(), "{refused}");
        }
    }
}
