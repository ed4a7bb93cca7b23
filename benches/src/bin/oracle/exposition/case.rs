//! An exposition to ask about.

use hcp_metrics::exposition::Format;
use serde_json::json;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) format: Format,
    pub(crate) body: Vec<u8>,
    /// Where a second run of the filter cuts the body.
    pub(crate) cut: usize,
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Case {
    /// As `hcp-peers parse-oracle` reads it.
    pub(crate) fn request(&self) -> String {
        let format = if self.format == Format::Text { "text" } else { "openmetrics" };
        json!({ "format": format, "body": base64(&self.body) }).to_string()
    }

    /// Every case with one thing less: the half of it, a line, a byte.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut ranges = Vec::new();
        let end = self.body.len();
        if end > 8 {
            ranges.extend([0..end / 2, end / 2..end]);
        }
        let mut start = 0;
        for line in self.body.split_inclusive(|&byte| byte == b'\n') {
            ranges.push(start..start + line.len());
            start += line.len();
        }
        ranges.extend((0..end).map(|at| at..at + 1));
        let without = |range| {
            let mut body = self.body.clone();
            body.drain(range);
            let cut = self.cut.min(body.len());
            Self { body, cut, ..*self }
        };
        ranges.into_iter().map(without).collect()
    }
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut padded = [0; 4];
        padded[1..=group.len()].copy_from_slice(group);
        let number = u32::from_be_bytes(padded);
        for place in 0..4 {
            let digit = (number >> (18 - 6 * place)) & 63;
            let filled = place <= group.len();
            text.push(if filled { char::from(ALPHABET[digit as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use hcp_metrics::exposition::Format;

    use super::{Case, base64};

    #[test]
    fn bytes_are_written_in_base64() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob\u{ff}", "Zm9vYsO/")]
        {
            assert_eq!(base64(bytes.as_bytes()), text, "{bytes}");
        }
    }

    #[test]
    fn shrinking_ends_and_reaches_the_smallest_body_that_differs() {
        let body = b"# TYPE a gauge\na 1\nb{x=\"y\"} 2\n".to_vec();
        let mut case = Case { format: Format::Text, cut: body.len(), body };
        while let Some(less) = case.smaller().into_iter().find(|case| case.body.contains(&b'x')) {
            case = less;
        }
        assert_eq!((case.body.as_slice(), case.cut), (b"x".as_slice(), 1));
    }
}
