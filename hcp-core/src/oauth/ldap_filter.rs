//! Search filters of a directory, RFC 4515.

/// How deep a filter may be nested.
const DEPTH: usize = 64;

/// Says what is wrong with a filter. As go-ldap allows, a `!` may stand before an item without parentheses, and parentheses may be doubled. Unlike there,
/// a `(` in a value and an attribute with other characters than RFC 4512 has are refused: they are mistakes that would never match.
pub(super) fn check(filter: &str) -> Result<(), &'static str> {
    if !filter.starts_with('(') {
        return Err("the filter does not begin with \"(\"");
    }
    match parenthesized(filter.as_bytes(), 0)? {
        [] => Ok(()),
        _ => Err("something follows the last \")\" of the filter"),
    }
}

/// `(…)`; gives what follows.
fn parenthesized(text: &[u8], depth: usize) -> Result<&[u8], &'static str> {
    if depth > DEPTH {
        return Err("the filter is nested too deep");
    }
    let Some((b'(', inside)) = text.split_first() else {
        return Err("a \"(\" is missing in the filter");
    };
    let rest = match inside.split_first() {
        Some((b'&' | b'|', mut rest)) => {
            while rest.first() == Some(&b'(') {
                rest = parenthesized(rest, depth + 1)?;
            }
            rest
        }
        Some((b'!', rest)) if rest.first() == Some(&b'(') => parenthesized(rest, depth + 1)?,
        Some((b'(', _)) => parenthesized(inside, depth + 1)?,
        Some((b'!', rest)) => item(rest)?,
        _ => item(inside)?,
    };
    match rest.split_first() {
        Some((b')', rest)) => Ok(rest),
        _ => Err("a \")\" is missing in the filter"),
    }
}

/// `attribute=value` and its kin; gives what follows.
fn item(text: &[u8]) -> Result<&[u8], &'static str> {
    let special = |byte: &u8| b"=()*\\&|! \0".contains(byte);
    let end = text.iter().position(special).unwrap_or(text.len());
    let (attribute, rest) = text.split_at(end);
    let Some((b'=', mut rest)) = rest.split_first() else {
        return Err("a condition of the filter has no \"=\" after its attribute");
    };
    let operator = attribute.last().is_some_and(|last| b"<>~:".contains(last));
    let attribute = &attribute[..attribute.len() - usize::from(operator)];
    if attribute.is_empty() {
        return Err("a condition of the filter has no attribute");
    }
    loop {
        rest = match rest {
            [] | [b')', ..] => return Ok(rest),
            [b'(', ..] => return Err("a \"(\" in a value of the filter must be written as \\28"),
            [b'\\', high, low, after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                after
            }
            [b'\\', ..] => {
                return Err("a \"\\\" in the filter is not followed by two hexadecimal digits");
            }
            [_, after @ ..] => after,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn filters_of_the_rfc_are_taken() {
        for filter in [
            "(cn=Babs Jensen)",
            "(!(cn=Tim Howes))",
            "(!cn=a)",
            "((cn=a))",
            "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
            "(o=univ*of*mich*)",
            "(seeAlso=)",
            "(cn:caseExactMatch:=Fred)",
            "(cn:=Betty)",
            "(sn:dn:2.4.6.8.10:=Barney)",
            "(:1.2.3:=Wilma)",
            "(o=Parens R Us \\28for all your parenthetical needs\\29)",
            "(bin=\\00\\00\\00\\04)",
            "(a>=1)",
            "(a<=1)",
            "(a~=1)",
            "(objectClass=*)",
            "(&)",
            "(|)",
            "(cn=L\u{fc}tt)",
            "(memberOf:1.2.840.113556.1.4.1941:=cn=a,dc=b)",
        ] {
            assert_eq!(check(filter), Ok(()), "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_not() {
        for filter in [
            "",
            "cn=a",
            "(cn=a",
            "cn=a)",
            "(cn=a))",
            "(cn)",
            "(=a)",
            "()",
            "(!)",
            "(!|cn=a)",
            "(&(cn=a)",
            "(cn=a(b)",
            "(cn=\\2)",
            "(cn=\\zz)",
            "(cn=a)(cn=b)",
            "(mygroup*)",
            "(& (cn=a))",
            "(>=1)",
        ] {
            assert!(check(filter).is_err(), "{filter}");
        }
        let deep = format!("{}{}", "(!".repeat(10_000), ")".repeat(10_000));
        assert_eq!(check(&deep), Err("the filter is nested too deep"));
    }
}
