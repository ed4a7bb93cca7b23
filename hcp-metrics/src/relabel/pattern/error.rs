//! Why a text is no regular expression, in Go's words.

use std::ops::Range;

/// What is wrong. Source: Go, `regexp/syntax`, `ErrorCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Reason {
    #[error("invalid character class range")]
    ClassRange,
    #[error("invalid escape sequence")]
    Escape,
    #[error("invalid named capture")]
    NamedCapture,
    #[error("invalid or unsupported Perl syntax")]
    PerlOp,
    #[error("invalid nested repetition operator")]
    RepeatOp,
    #[error("invalid repeat count")]
    RepeatSize,
    #[error("missing closing ]")]
    MissingBracket,
    #[error("missing closing )")]
    MissingParen,
    #[error("missing argument to repetition operator")]
    MissingRepeatArgument,
    #[error("trailing backslash at end of expression")]
    TrailingBackslash,
    #[error("unexpected )")]
    UnexpectedParen,
    #[error("expression nests too deeply")]
    NestingDepth,
    #[error("expression too large")]
    Large,
}

/// What is wrong, and with which part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) reason: Reason,
    /// What Go quotes.
    pub(super) fragment: Range<usize>,
    /// Where the trouble begins; inside the fragment, which can be the whole text.
    pub(super) at: usize,
}

impl SyntaxError {
    /// An error that is where its fragment begins.
    pub(super) const fn new(reason: Reason, fragment: Range<usize>) -> Self {
        let at = fragment.start;
        Self { reason, fragment, at }
    }

    /// What Go says of it; `text` is what was parsed.
    pub(super) fn message(&self, text: &str) -> String {
        let fragment = text.get(self.fragment.clone()).unwrap_or_default();
        format!("error parsing regexp: {}: `{fragment}`", self.reason)
    }
}
