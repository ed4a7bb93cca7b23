//! What can be wrong with an exposition, where, and what to do about it.

/// Why an exposition was not accepted: the place, the rule that does not hold there, and a remedy.
///
/// The text of the exposition is not repeated: it may hold what does not belong into a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {}; {}", kind.rule(), kind.remedy())]
#[non_exhaustive]
pub struct ExpositionError {
    /// The line, counted from 1; every newline ends one, also within quotes.
    pub line: u64,
    /// The byte of the line, counted from 1.
    pub column: u64,
    /// What is wrong.
    pub kind: ErrorKind,
}

impl ExpositionError {
    /// What is wrong at `buffer[at]`, where the buffer begins with the line `first`.
    pub(crate) fn at(buffer: &[u8], at: usize, first: u64, kind: ErrorKind) -> Self {
        let before = &buffer[..at];
        let newlines = memchr::memchr_iter(b'\n', before).count();
        let column = memchr::memrchr(b'\n', before).map_or(at, |newline| at - newline - 1);
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        Self { line: first + count(newlines), column: count(column) + 1, kind }
    }
}

/// What is wrong with an exposition. Source: Prometheus, `promlex.l` and `openmetricslex.l`; `scrape/scrape.go` for names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A line begins with what can begin no line.
    InvalidStart,
    /// A NUL outside of a label value, a help text or a comment.
    NulByte,
    /// No name behind `HELP`, `TYPE` or `UNIT`.
    ExpectedMetadataName,
    /// Nothing behind the name of a `HELP`, `TYPE` or `UNIT` line.
    ExpectedMetadataText,
    /// A type that the format does not have.
    UnknownType,
    /// A unit that the name of the family does not end with.
    UnitNotSuffix,
    /// Text that is not UTF-8.
    InvalidUtf8,
    /// No label name where one is due.
    ExpectedLabelName,
    /// No `=` behind a label name.
    ExpectedEqual,
    /// No quoted value behind `=`.
    ExpectedLabelValue,
    /// Neither `,` nor `}` behind a label value.
    ExpectedCommaOrBrace,
    /// Two names of the metric.
    SecondName,
    /// Labels without a name of the metric.
    NoName,
    /// A quote that is never closed.
    UnclosedQuote,
    /// A newline that the format does not allow within quotes, or one behind a backslash.
    NewlineInQuotes,
    /// No value where one is due.
    ExpectedValue,
    /// A value that is no number.
    InvalidValue,
    /// A time that is none.
    InvalidTimestamp,
    /// Something else behind the value than a time, an exemplar or the end of the line.
    ExpectedLineEnd,
    /// `#` behind a value, but no exemplar.
    InvalidExemplar,
    /// Something behind `# EOF`.
    DataAfterEof,
    /// `OpenMetrics` without `# EOF`: the body was cut off.
    MissingEof,
    /// A line longer than the limit.
    LineTooLong,
    /// More metadata and comments before a sample than the limit.
    HeldTooLong,
    /// A series whose name the rules have removed.
    MissingName,
    /// A series that has, behind the rules, a label with an empty name.
    EmptyLabelName,
}

impl ErrorKind {
    /// The rule that does not hold.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::InvalidStart => "a line begins with a metric name, a brace or a hash",
            Self::NulByte => "a NUL stands only in label values, help texts and comments",
            Self::ExpectedMetadataName => "a metric name follows HELP, TYPE and UNIT",
            Self::ExpectedMetadataText => "a space and a text follow the name in metadata",
            Self::UnknownType => "the type is none that this format has",
            Self::UnitNotSuffix => "the name of a family ends with an underscore and its unit",
            Self::InvalidUtf8 => "text is UTF-8",
            Self::ExpectedLabelName => "a label name or a closing brace is due here",
            Self::ExpectedEqual => "an equals sign follows a label name",
            Self::ExpectedLabelValue => "a quoted value follows the equals sign",
            Self::ExpectedCommaOrBrace => "a comma or a closing brace follows a label value",
            Self::SecondName => "a sample has one metric name",
            Self::NoName => "a sample has a metric name",
            Self::UnclosedQuote => "a quote is closed",
            Self::NewlineInQuotes => "a newline in quotes is written as \\n here",
            Self::ExpectedValue => "a value follows the series",
            Self::InvalidValue => "a value is a number as Go reads it",
            Self::InvalidTimestamp => {
                "a timestamp is a whole number of milliseconds in text and a finite number of seconds in OpenMetrics"
            }
            Self::ExpectedLineEnd => {
                "nothing but a timestamp, and in OpenMetrics an exemplar, follows the value"
            }
            Self::InvalidExemplar => {
                "an exemplar is labels in braces, a value and perhaps a timestamp"
            }
            Self::DataAfterEof => "nothing follows # EOF",
            Self::MissingEof => "OpenMetrics ends with # EOF",
            Self::LineTooLong => "a line is not longer than the limit",
            Self::HeldTooLong => {
                "metadata and comments before a sample are not longer than the limit"
            }
            Self::MissingName => "missing metric name (__name__ label)",
            Self::EmptyLabelName => "a label name is not empty",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::MissingEof => "the body was cut off: scrape again",
            Self::LineTooLong | Self::HeldTooLong => "raise max_line_bytes if the target is right",
            Self::MissingName | Self::EmptyLabelName => {
                "mend the rule that removes or renames the label"
            }
            Self::InvalidStart | Self::UnknownType => {
                "mend the target, or check that the Content-Type names its format"
            }
            Self::InvalidValue | Self::ExpectedLineEnd => {
                "mend the target; lines end with a newline alone, without a carriage return"
            }
            _ => "mend the target, or skip malformed lines",
        }
    }
}
