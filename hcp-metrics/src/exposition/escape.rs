//! Escapes of quoted names and values.

use std::borrow::Cow;

/// What a quoted text means: `\"`, `\\` and `\n`; a backslash before anything else stands for itself.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let (meaning, length) = match rest.as_bytes().get(at + 1) {
            Some(b'"') => ('"', 2),
            Some(b'\\') => ('\\', 2),
            Some(b'n') => ('\n', 2),
            _ => ('\\', 1),
        };
        plain.push(meaning);
        rest = &rest[at + length..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Writes `text` in quotes, with what has to be escaped escaped.
pub(crate) fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_escapes_stand_for_themselves() {
        assert_eq!(unescape(r#"a\"b\\c\nd\te\"#), "a\"b\\c\nd\\te\\");
        assert_eq!(unescape(r"\\n"), "\\n");
        assert_eq!(unescape("é\\né"), "é\né");
    }

    #[test]
    fn what_is_quoted_means_the_same() {
        let text = "a\"b\\c\nd\\te é";
        let mut quoted = Vec::new();
        quote(text, &mut quoted);
        let quoted = String::from_utf8(quoted).unwrap();
        assert_eq!(quoted, "\"a\\\"b\\\\c\\nd\\\\te é\"");
        assert_eq!(unescape(&quoted[1..quoted.len() - 1]), text);
    }
}
