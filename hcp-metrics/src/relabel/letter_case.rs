//! Upper and lower case the way Go maps them: one character to one character.

/// Appends `text` in lower case.
pub(super) fn push_lower(out: &mut String, text: &str) {
    push(out, text, str::make_ascii_lowercase, lower);
}

/// Appends `text` in upper case.
pub(super) fn push_upper(out: &mut String, text: &str) {
    push(out, text, str::make_ascii_uppercase, upper);
}

fn push(out: &mut String, text: &str, ascii: fn(&mut str), other: fn(char) -> char) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        ascii(&mut out[start..]);
    } else {
        out.extend(text.chars().map(other));
    }
}

fn lower(c: char) -> char {
    match c {
        // The only one whose full mapping has two characters.
        'İ' => 'i',
        _ => single(c.to_lowercase()).unwrap_or(c),
    }
}

fn upper(c: char) -> char {
    single(c.to_uppercase()).unwrap_or_else(|| title(c).unwrap_or(c))
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    match (chars.next(), chars.next()) {
        (Some(c), None) => Some(c),
        _ => None,
    }
}

/// Greek with an iota below: upper case in full is two letters, in one character it is the title case.
fn title(c: char) -> Option<char> {
    let distance = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return None,
    };
    char::from_u32(u32::from(c) + distance)
}

#[cfg(test)]
mod tests {
    use super::{push_lower, push_upper};

    fn mapped(map: fn(&mut String, &str), text: &str) -> String {
        let mut out = String::new();
        map(&mut out, text);
        out
    }

    /// Each pair is what Go's `strings.ToLower` and `strings.ToUpper` print.
    #[test]
    fn one_character_becomes_one_character() {
        for (text, lower, upper) in [
            ("aB1_", "ab1_", "AB1_"),
            ("ΑΣ", "ασ", "ΑΣ"),
            ("İı", "iı", "İI"),
            ("ßŉﬁ", "ßŉﬁ", "ßŉﬁ"),
            ("ᾳῃῳᾀᾗᾧ", "ᾳῃῳᾀᾗᾧ", "ᾼῌῼᾈᾟᾯ"),
            ("ᾼᾈ", "ᾳᾀ", "ᾼᾈ"),
            ("ǅ", "ǆ", "Ǆ"),
            ("K", "k", "K"),
        ] {
            assert_eq!(mapped(push_lower, text), lower, "{text}");
            assert_eq!(mapped(push_upper, text), upper, "{text}");
        }
    }
}
