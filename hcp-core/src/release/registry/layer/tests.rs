use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::*;

const FILE: &str = "release-manifests/image-references";
const ROOM: Room = Room { decompressed_bytes: 1 << 20, file_bytes: 1 << 10 };

fn layer(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = Header::new_ustar();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn find(layer: &[u8]) -> Result<Option<Found>, RegistryError> {
    scan(layer, false, &[FILE], ROOM).map(|mut found| found.remove(FILE))
}

#[test]
fn the_file_is_found_by_any_spelling_of_its_name() {
    for name in
        [FILE, "./release-manifests/image-references", "/release-manifests//image-references"]
    {
        let layer =
            layer(&[("other", EntryType::Regular, b"x"), (name, EntryType::Regular, b"yes")]);
        assert_eq!(find(&layer).unwrap(), Some(Found::File(b"yes".to_vec())), "{name}");
    }
    for name in
        ["release-manifests/image-references2", "x/release-manifests/image-references", "../x"]
    {
        assert_eq!(find(&layer(&[(name, EntryType::Regular, b"no")])).unwrap(), None, "{name}");
    }
    let short = "short";
    let record = format!("{} path={FILE}\n", FILE.len() + 9);
    let pax = layer(&[
        ("pax", EntryType::XHeader, record.as_bytes()),
        (short, EntryType::Regular, b"by pax"),
        (short, EntryType::Regular, b"no"),
    ]);
    assert_eq!(find(&pax).unwrap(), Some(Found::File(b"by pax".to_vec())));
    let gnu = layer(&[
        ("././@LongLink", EntryType::GNULongName, format!("{FILE}\0").as_bytes()),
        (short, EntryType::Regular, b"by gnu"),
    ]);
    assert_eq!(find(&gnu).unwrap(), Some(Found::File(b"by gnu".to_vec())));
}

#[test]
fn whiteouts_delete_it_from_the_layers_below_and_not_from_their_own() {
    for name in [
        "release-manifests/.wh.image-references",
        "release-manifests/.wh..wh..opq",
        ".wh.release-manifests",
        ".wh..wh..opq",
    ] {
        let own: (_, _, &[u8]) = (FILE, EntryType::Regular, b"own");
        let whiteout: (_, _, &[u8]) = (name, EntryType::Regular, b"");
        assert_eq!(find(&layer(&[whiteout])).unwrap(), Some(Found::Deleted), "{name}");
        for entries in [[own, whiteout], [whiteout, own]] {
            assert_eq!(
                find(&layer(&entries)).unwrap(),
                Some(Found::File(b"own".to_vec())),
                "{name}"
            );
        }
    }
    for name in
        ["release-manifests/.wh.image", "x/.wh..wh..opq", ".wh.release", "release-manifests/.wh."]
    {
        assert_eq!(find(&layer(&[(name, EntryType::Regular, b"")])).unwrap(), None, "{name}");
    }
    let folder = layer(&[("release-manifests", EntryType::Directory, b"")]);
    assert_eq!(find(&folder).unwrap(), None);
    let replaced = layer(&[("release-manifests", EntryType::Symlink, b"")]);
    assert_eq!(find(&replaced).unwrap(), Some(Found::Deleted));
    let link = layer(&[(FILE, EntryType::Symlink, b"")]);
    assert_eq!(find(&link).unwrap(), Some(Found::Other("a link")));
}

#[test]
fn nothing_larger_than_its_limit_is_read() {
    let large = [b'x'; 1025];
    let error = find(&layer(&[(FILE, EntryType::Regular, &large)])).unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { name: "file_bytes", .. }), "{error}");
    let header = vec![b'x'; (HEADER_BYTES + 1).try_into().unwrap()];
    for kind in [EntryType::XHeader, EntryType::GNULongName] {
        find(&layer(&[("x", kind, &header)])).unwrap_err();
    }
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&layer(&[("zeros", EntryType::Regular, &vec![0; 2 << 20])])).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 4096);
    let error = scan(&bomb[..], true, &[FILE], ROOM).unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { name: "decompressed_bytes", .. }), "{error}");
}

#[test]
fn damaged_layers_are_errors() {
    let whole = layer(&[(FILE, EntryType::Regular, b"content")]);
    let error = find(&whole[..515]).unwrap_err();
    assert!(matches!(error, RegistryError::Layer(_)), "{error}");
    assert!(scan(&whole[..], true, &[FILE], ROOM).is_err());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&whole).unwrap();
    let gzip = gzip.finish().unwrap();
    assert!(scan(&gzip[..], true, &[FILE], ROOM).unwrap().contains_key(FILE));
    assert!(scan(&gzip[..gzip.len() / 2], true, &[FILE], ROOM).is_err());
}
