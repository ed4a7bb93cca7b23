//! URLs as Go's `net/url` reads them, which is what decides in OpenShift.

/// The parts of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GoUrl<'a> {
    /// In lower case; empty if there is none.
    pub(super) scheme: String,
    /// Whether there is a user name or a password.
    pub(super) user_info: bool,
    /// With the port, as it is written.
    pub(super) host: &'a str,
    /// As it is written, not decoded.
    pub(super) path: &'a str,
    /// As it is written, without the `?`; empty if there is none.
    pub(super) query: &'a str,
    /// As it is written, without the `#`; empty if there is none.
    pub(super) fragment: &'a str,
}

impl<'a> GoUrl<'a> {
    /// Splits a URL. The error says what Go would not take; it never repeats the text, which can hold a password.
    pub(super) fn parse(text: &'a str) -> Result<Self, &'static str> {
        let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
        if rest.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Err("it has a control character");
        }
        let (scheme, rest) = split_scheme(rest)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        check_escapes(fragment)?;
        let Some(rest) = rest.strip_prefix("//") else {
            if scheme.is_empty() && rest.split('/').next().is_some_and(|first| first.contains(':'))
            {
                return Err("there is a colon before the first slash, and no scheme");
            }
            // What follows a scheme without a slash is opaque to Go: neither host nor path.
            let path = if scheme.is_empty() || rest.starts_with('/') { rest } else { "" };
            check_escapes(path)?;
            return Ok(Self { scheme, user_info: false, host: "", path, query, fragment });
        };
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if user.is_some_and(|user| !user.bytes().all(allowed_in_user_info)) {
            return Err("the part before \"@\" has a character that must be escaped");
        }
        check_escapes(user.unwrap_or_default())?;
        check_host(host)?;
        check_escapes(path)?;
        Ok(Self { scheme, user_info: user.is_some(), host, path, query, fragment })
    }
}

/// The scheme in lower case, and what follows its colon.
fn split_scheme(text: &str) -> Result<(String, &str), &'static str> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index > 0 => {
                return Ok((text[..index].to_ascii_lowercase(), &text[index + 1..]));
            }
            b':' => return Err("the scheme before the colon is missing"),
            _ => break,
        }
    }
    Ok((String::new(), text))
}

fn allowed_in_user_info(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let (name, port) = if let Some(rest) = host.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else {
            return Err("a \"]\" is missing in the host");
        };
        (address, port)
    } else {
        let colon = host.rfind(':').unwrap_or(host.len());
        host.split_at(colon)
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || (port == digits && !port.is_empty()) {
        return Err("the port is not a number");
    }
    if name.contains(':') && !host.starts_with('[') {
        return Err("the host has more than one colon, an IPv6 address stands in brackets");
    }
    let allowed = |byte: u8| {
        byte >= 0x80 || byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:<>\"".contains(&byte)
    };
    if name.bytes().all(allowed) {
        Ok(())
    } else {
        Err("the host has a character that no host has")
    }
}

/// Every `%` must be followed by two hexadecimal digits.
fn check_escapes(text: &str) -> Result<(), &'static str> {
    percent_decode(text).map(drop)
}

/// The bytes that a text stands for.
pub(super) fn percent_decode(text: &str) -> Result<Vec<u8>, &'static str> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err("a \"%\" is not followed by two hexadecimal digits");
        };
        decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    Ok(decoded)
}

/// Escapes every byte but letters, digits, `-._~` and what is kept.
pub(super) fn percent_encode(text: &str, keep: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_as_go_does() {
        let url = GoUrl::parse("HTTPS://me:pw@[::1]:8443/a%20b?c=${url}#d").unwrap();
        assert_eq!(
            url,
            GoUrl {
                scheme: "https".to_owned(),
                user_info: true,
                host: "[::1]:8443",
                path: "/a%20b",
                query: "c=${url}",
                fragment: "d",
            }
        );
        for (text, scheme, host, path) in [
            ("", "", "", ""),
            ("https:example.com/a", "https", "", ""),
            ("https:/example.com", "https", "", "/example.com"),
            ("https://", "https", "", ""),
            ("//host/a", "", "host", "/a"),
            ("example.com/a:b", "", "", "example.com/a:b"),
            ("ldap:///dc=a", "ldap", "", "/dc=a"),
            ("http://host:/", "http", "host:", "/"),
        ] {
            let url = GoUrl::parse(text).unwrap();
            assert_eq!((&*url.scheme, url.host, url.path), (scheme, host, path), "{text}");
        }
    }

    #[test]
    fn what_go_does_not_parse_is_an_error_that_does_not_repeat_it() {
        for text in [
            ":a",
            "1a:b/c",
            "https://a b/",
            "https://h:port/",
            "https://[::1/",
            "https://h/%zz",
            "https://h/%4",
            "https://a^b@h/",
            "https://h/\n",
            "https://h/#%",
            "https://[::1]8080/",
            "https://a[::1]/",
            "https://2001:db8::1/",
            "https://me:%zz@h/",
        ] {
            let why = GoUrl::parse(text).unwrap_err();
            assert!(!why.contains(text), "{text}: {why}");
        }
    }

    #[test]
    fn encoding_and_decoding_gives_the_same() {
        let text = "o=An Example\\2C Inc., c=Ü%";
        let encoded = percent_encode(text, b"=");
        assert!(encoded.is_ascii());
        assert_eq!(percent_decode(&encoded).unwrap(), text.as_bytes());
    }
}
