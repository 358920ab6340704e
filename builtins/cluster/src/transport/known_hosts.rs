//! Host keys that are trusted, as OpenSSH keeps them (sshd(8), "SSH_KNOWN_HOSTS
//! FILE FORMAT"): plain, wildcard and hashed names, negation, markers.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// All entries of some files.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    entries: Vec<Entry>,
    /// Files that are there but cannot be read, with the reason.
    pub(super) unreadable: Vec<String>,
}

#[derive(Debug)]
struct Entry {
    place: Place,
    marker: Marker,
    hosts: Hosts,
    key: Vec<u8>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Marker {
    None,
    Revoked,
    Authority,
}

#[derive(Debug)]
enum Hosts {
    Plain(String),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

/// What is known about a host's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the one that is known.
    Known,
    /// It is marked as revoked here.
    Revoked(Place),
    /// Another one of the same type is known.
    Changed(Place),
    /// None of that type is known.
    Unknown {
        /// Whether a certificate authority is trusted for the host.
        authority: bool,
    },
}

impl KnownHosts {
    /// Reads the files that are there.
    pub(super) fn read(files: &[PathBuf]) -> Self {
        let mut known = Self::default();
        for file in files {
            match std::fs::read(file) {
                Ok(content) => known.add(file, &String::from_utf8_lossy(&content)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => known.unreadable.push(format!("`{}`: {e}", file.display())),
            }
        }
        known
    }

    fn add(&mut self, file: &Path, content: &str) {
        for (index, line) in content.lines().enumerate() {
            let place = Place { file: file.to_path_buf(), line: index + 1 };
            // A line that is no entry is skipped, as OpenSSH does: the key it
            // may have meant is not trusted.
            self.entries.extend(Entry::parse(line, place));
        }
    }

    /// The key types known under any of the names, each once.
    pub(super) fn types(&self, names: &[String]) -> Vec<String> {
        let mut types = Vec::new();
        for entry in self.matching(names) {
            if let (Marker::None, Some(kind)) = (&entry.marker, key_type(&entry.key))
                && !types.contains(&kind)
            {
                types.push(kind);
            }
        }
        types
    }

    /// Looks the key up under all of the names.
    pub(super) fn check(&self, names: &[String], key: &[u8]) -> Verdict {
        let mut verdict = Verdict::Unknown { authority: false };
        for entry in self.matching(names) {
            match entry.marker {
                Marker::Revoked if entry.key == key => {
                    return Verdict::Revoked(entry.place.clone());
                }
                Marker::Revoked => {}
                Marker::Authority => {
                    if let Verdict::Unknown { authority } = &mut verdict {
                        *authority = true;
                    }
                }
                Marker::None if entry.key == key => verdict = Verdict::Known,
                Marker::None => {
                    if matches!(verdict, Verdict::Unknown { .. })
                        && key_type(&entry.key) == key_type(key)
                    {
                        verdict = Verdict::Changed(entry.place.clone());
                    }
                }
            }
        }
        verdict
    }

    fn matching<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(|entry| names.iter().any(|name| entry.hosts.matches(name)))
    }
}

impl Entry {
    fn parse(line: &str, place: Place) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let mut hosts = words.next().filter(|word| !word.starts_with('#'))?;
        let marker = match hosts {
            "@revoked" => Marker::Revoked,
            "@cert-authority" => Marker::Authority,
            _ if hosts.starts_with('@') => return None,
            _ => Marker::None,
        };
        if marker != Marker::None {
            hosts = words.next()?;
        }
        let kind = words.next()?;
        let key = STANDARD.decode(words.next()?).ok()?;
        (key_type(&key).as_deref() == Some(kind)).then_some(())?;
        Some(Self { place, marker, hosts: Hosts::parse(hosts)?, key })
    }
}

impl Hosts {
    fn parse(text: &str) -> Option<Self> {
        let Some(hashed) = text.strip_prefix("|1|") else {
            return Some(Self::Plain(text.to_ascii_lowercase()));
        };
        let (salt, hash) = hashed.split_once('|')?;
        Some(Self::Hashed { salt: STANDARD.decode(salt).ok()?, hash: STANDARD.decode(hash).ok()? })
    }

    fn matches(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        match self {
            Self::Hashed { salt, hash } => hmac_sha1(salt, name.as_bytes()) == hash[..],
            Self::Plain(patterns) => {
                let mut found = false;
                for pattern in patterns.split(',') {
                    match pattern.strip_prefix('!') {
                        Some(pattern) if matches_pattern(pattern, &name) => return false,
                        None if matches_pattern(pattern, &name) => found = true,
                        _ => {}
                    }
                }
                found
            }
        }
    }
}

/// `*` stands for any text, `?` for one character.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where to go on when what follows the last star does not fit.
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, n));
            }
            Some(&c) if c == b'?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    p = after_star;
                    n = from + 1;
                    retry = Some((after_star, n));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// The names under which a host may be listed. OpenSSH writes `[name]:port`
/// for every port but 22, and reads the bare name too.
pub(super) fn names(node: &str, address: &str, port: u16) -> Vec<String> {
    let mut names = Vec::new();
    for name in [node, address] {
        for name in [name.to_string(), format!("[{name}]:{port}")] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The type of a public key, the first string in it.
pub(super) fn key_type(key: &[u8]) -> Option<String> {
    let length = u32::from_be_bytes(key.get(..4)?.try_into().ok()?) as usize;
    let name = key.get(4..)?.get(..length)?;
    let printable = |b: &u8| b.is_ascii_graphic();
    (length > 0 && name.iter().all(printable)).then(|| String::from_utf8_lossy(name).into_owned())
}

/// As `ssh-keygen -l` shows it.
pub(super) fn fingerprint(key: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(key)))
}

/// RFC 2104; salts are never longer than a block here, and need not be.
fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    const BLOCK: usize = 64;
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..20].copy_from_slice(&Sha1::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha1::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha1::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    /// A key blob of the given type with some content.
    fn key(kind: &str, content: &str) -> Vec<u8> {
        let mut blob = Vec::new();
        for part in [kind, content] {
            blob.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
            blob.extend(part.as_bytes());
        }
        blob
    }

    fn line(hosts: &str, kind: &str, content: &str) -> String {
        format!("{hosts} {kind} {} a comment\n", STANDARD.encode(key(kind, content)))
    }

    fn known(content: &str) -> KnownHosts {
        let mut known = KnownHosts::default();
        known.add(Path::new("file"), content);
        known
    }

    const ED: &str = "ssh-ed25519";
    const RSA: &str = "ssh-rsa";

    #[test]
    fn keys_are_found_under_every_name() {
        let names = names("node013", "10.0.0.13", 2222);
        for hosts in [
            "node013",
            "NODE013",
            "10.0.0.13",
            "[10.0.0.13]:2222",
            "[node013]:2222",
            "other,node013",
            "node*",
            "node0?3",
            "!node014,node*",
        ] {
            let known = known(&line(hosts, ED, "a"));
            assert_eq!(known.check(&names, &key(ED, "a")), Verdict::Known, "{hosts}");
            assert_eq!(known.types(&names), [ED]);
        }
        for hosts in ["node014", "[10.0.0.13]:22", "!node013,node*", "ode013", "# node013"] {
            let verdict = known(&line(hosts, ED, "a")).check(&names, &key(ED, "a"));
            assert_eq!(verdict, Verdict::Unknown { authority: false }, "{hosts}");
        }
    }

    #[test]
    fn hashed_names_are_found() {
        // Made by `ssh-keygen -H` from "[127.0.1.13]:2301".
        let hosts = "|1|ErLvIzl2V1NkjPClzhLzgcmTFic=|1l36be3/XMNqNdOb1w1KyfdcLYc=";
        let known = known(&line(hosts, ED, "a"));
        let names = names("node013", "127.0.1.13", 2301);
        assert_eq!(known.check(&names, &key(ED, "a")), Verdict::Known);
        let other = super::names("node013", "127.0.1.13", 2302);
        assert_eq!(known.check(&other, &key(ED, "a")), Verdict::Unknown { authority: false });
    }

    #[test]
    fn hmac_is_that_of_the_standard() {
        // RFC 2202, test cases 2 and 6.
        let hex = |mac: [u8; 20]| {
            let (high, low) = mac.split_at(4);
            let high = u32::from_be_bytes(high.try_into().unwrap());
            let low = u128::from_be_bytes(low.try_into().unwrap());
            format!("{high:08x}{low:032x}")
        };
        assert_eq!(
            hex(hmac_sha1(b"Jefe", b"what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            hex(hmac_sha1(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        );
    }

    #[test]
    fn another_key_is_told_with_its_place() {
        let content = format!("\n# note\n{}{}", line("n", RSA, "r"), line("n", ED, "a"));
        let known = known(&content);
        let names = ["n".to_string()];
        let place = Place { file: "file".into(), line: 4 };
        assert_eq!(known.check(&names, &key(ED, "b")), Verdict::Changed(place));
        let unknown = Verdict::Unknown { authority: false };
        assert_eq!(known.check(&names, &key("ecdsa-sha2-nistp256", "b")), unknown);
        assert_eq!(known.check(&names, &key(RSA, "r")), Verdict::Known);
        assert_eq!(known.types(&names), [RSA, ED]);
    }

    #[test]
    fn one_good_entry_outweighs_an_old_one_but_not_a_revoked_one() {
        let names = ["n".to_string()];
        let old_and_new = format!("{}{}", line("n", ED, "old"), line("n", ED, "new"));
        assert_eq!(known(&old_and_new).check(&names, &key(ED, "new")), Verdict::Known);
        let revoked = format!("{old_and_new}@revoked {}", line("*", ED, "new"));
        let place = Place { file: "file".into(), line: 3 };
        assert_eq!(known(&revoked).check(&names, &key(ED, "new")), Verdict::Revoked(place));
    }

    #[test]
    fn authorities_are_seen_and_not_taken_for_host_keys() {
        let content = format!("@cert-authority {}", line("*", ED, "ca"));
        let names = ["n".to_string()];
        let verdict = known(&content).check(&names, &key(ED, "ca"));
        assert_eq!(verdict, Verdict::Unknown { authority: true });
        assert_eq!(known(&content).types(&names), Vec::<String>::new());
    }

    #[test]
    fn broken_lines_are_skipped() {
        let names = ["n".to_string()];
        for content in
            ["n", "n ssh-ed25519", "n ssh-ed25519 ???", "@odd n ssh-rsa AAAA", "|1|x n n"]
        {
            assert!(known(content).entries.is_empty(), "{content}");
        }
        // The type in the line must be that of the key.
        let swapped = line("n", ED, "a").replace(ED, RSA);
        let verdict = known(&swapped).check(&names, &key(ED, "a"));
        assert_eq!(verdict, Verdict::Unknown { authority: false });
    }

    #[test]
    fn fingerprints_look_like_those_of_ssh_keygen() {
        let print = fingerprint(&key(ED, "a"));
        assert!(print.starts_with("SHA256:") && print.len() == 7 + 43, "{print}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn any_text_is_read_without_panic(content in "[ -~\n|@!*]{0,200}") {
            let known = known(&content);
            let _ = known.check(&names("node", "address", 22), &key(ED, "a"));
        }

        #[test]
        fn patterns_match_as_by_trying_all(pattern in "[ab*?]{0,8}", name in "[ab]{0,8}") {
            fn slow(pattern: &[u8], name: &[u8]) -> bool {
                match (pattern, name) {
                    ([], []) => true,
                    ([b'*', rest @ ..], _) => {
                        (0..=name.len()).any(|n| slow(rest, &name[n..]))
                    }
                    ([p, rest @ ..], [n, more @ ..]) => {
                        (*p == b'?' || p == n) && slow(rest, more)
                    }
                    _ => false,
                }
            }
            prop_assert_eq!(
                matches_pattern(&pattern, &name),
                slow(pattern.as_bytes(), name.as_bytes())
            );
        }
    }
}
