//! The alarms a member holds, read from its `Status`.
//!
//! `AlarmList` goes through raft: every call costs each member a write to its log and an fsync, and without a quorum
//! it does not answer. `Status` lists the same alarm store of the same member (etcd 3.4 and newer), as one line
//! of text each, which is exact as long as every line is understood; if one is not, the caller asks `AlarmList`.

use crate::health::{Alarm, AlarmKind};
use crate::topology::MemberId;

/// The alarms among a status's error lines; `None` if that version does not tell, or a line is not understood.
pub(super) fn from_status(version: &str, errors: &[String]) -> Option<Vec<Alarm>> {
    if !tells_alarms(version) {
        return None;
    }
    errors
        .iter()
        .filter(|line| line.as_str() != "etcdserver: no leader")
        .map(|line| parse(line))
        .collect()
}

fn tells_alarms(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (3, 4),
        _ => false,
    }
}

/// Parses `memberID:N alarm:NAME`, where a field that is zero is left out.
fn parse(line: &str) -> Option<Alarm> {
    let mut member_id = MemberId::new(0);
    let mut kind = None;
    for field in line.split_ascii_whitespace() {
        match field.split_once(':')? {
            ("memberID", id) => member_id = MemberId::new(id.parse().ok()?),
            ("alarm", "NOSPACE") => kind = Some(AlarmKind::NoSpace),
            ("alarm", "CORRUPT") => kind = Some(AlarmKind::Corrupt),
            ("alarm", code) => kind = Some(AlarmKind::Other(code.parse().ok()?)),
            _ => return None,
        }
    }
    Some(Alarm::new(member_id, kind?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarms(lines: &[&str]) -> Option<Vec<Alarm>> {
        let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
        from_status("3.5.30", &lines)
    }

    #[test]
    fn every_line_is_understood_or_nothing_is_claimed() {
        assert_eq!(alarms(&[]), Some(vec![]));
        assert_eq!(alarms(&["etcdserver: no leader"]), Some(vec![]));
        assert_eq!(
            alarms(&["memberID:15602092108331431819 alarm:NOSPACE ", "alarm:CORRUPT "]),
            Some(vec![
                Alarm::new(MemberId::new(15_602_092_108_331_431_819), AlarmKind::NoSpace),
                Alarm::new(MemberId::new(0), AlarmKind::Corrupt),
            ])
        );
        assert_eq!(
            alarms(&["memberID:5  alarm:7"]),
            Some(vec![Alarm::new(MemberId::new(5), AlarmKind::Other(7))])
        );
        for unknown in
            ["etcdserver: something new", "memberID:5", "alarm:NEWKIND", "memberID:x alarm:NOSPACE"]
        {
            assert_eq!(alarms(&["alarm:CORRUPT ", unknown]), None, "{unknown}");
        }
    }

    #[test]
    fn versions_that_do_not_tell_are_asked_otherwise() {
        assert_eq!(from_status("3.3.27", &[]), None);
        assert_eq!(from_status("", &[]), None);
        assert_eq!(from_status("3.6.0-rc.1", &[]), Some(vec![]));
        assert_eq!(from_status("4.0.0", &[]), Some(vec![]));
    }
}
