//! The forms of lists, line by line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::format_collect)]

use proptest::prelude::*;

use super::*;

const SRM: &str = "srm://grid-a.example.org:8443";

fn product(line: usize, path: &str, size_mb: u64) -> Product {
    Product { line, path: path.into(), size_mb: Some(size_mb), checksum: None }
}

fn faults<T>(list: &Listed<T>) -> Vec<(usize, &str)> {
    list.faults.iter().map(|fault| (fault.line, fault.problem.as_str())).collect()
}

fn ignored<T>(list: &Listed<T>) -> Vec<usize> {
    list.ignored.iter().map(|one| one.line).collect()
}

#[test]
fn an_fdt_list_has_sizes_and_paths() {
    let text = b"102400 L80897/L80897_SAP000_SB000_uv.MS\r\n\n10 L80897/filelist.txt\n0\tL80897_001/with blank.MS";
    let list = fdt(text);
    assert_eq!(
        list.rows,
        [
            product(1, "L80897/L80897_SAP000_SB000_uv.MS", 102_400),
            product(4, "L80897_001/with blank.MS", 0)
        ]
    );
    assert_eq!((faults(&list), ignored(&list)), (vec![], vec![3]));
    assert_eq!(fdt(b""), Listed::default());
}

#[test]
fn all_faults_of_an_fdt_list_are_told_at_once() {
    let list = fdt(b"x L1/a\nlonely\n1 /abs\n2 a/../b\n-1 a\n1.5 a\n7 L80897/ok.MS\n");
    let lines: Vec<_> = list.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6]);
    assert_eq!(list.faults[1].problem, "no size and path");
    assert_eq!(list.rows, [product(7, "L80897/ok.MS", 7)]);
}

#[test]
fn a_catalogue_export_has_four_fields() {
    let md5 = "9E107D9D372BB6826BD81D3542A419D6";
    let path = "/pnfs/x/L80897_SAP000_SB000_uv.MS_ab12.tar";
    let text = format!(
        "# id\turl\tsize\tmd5\n17\t{SRM}{path}\t1048577\t{md5}\r\n\n18\t{SRM}/pnfs/a b.tar\t0\t\n19|{SRM}/p/c.tar|1048576|{md5}\n"
    );
    let list = cat(text.as_bytes(), SRM);
    assert_eq!(faults(&list), []);
    let checksum = Some(md5.to_lowercase());
    assert_eq!(
        list.rows,
        [
            Product { checksum: checksum.clone(), ..product(2, path, 2) },
            product(4, "/pnfs/a b.tar", 0),
            Product { checksum, ..product(5, "/p/c.tar", 1) },
        ]
    );
}

#[test]
fn the_address_must_begin_with_the_prefix() {
    let text = format!(
        "1\thttp://x/{SRM}/a.tar\t1\t-\n2\t{SRM}/a.tar\t1k\t-\n3\t{SRM}/a.tar\t1\n4\t{SRM}3/a.tar\t1\t-\n5\t{SRM}/a/../b\t1\t-\n6\t{SRM}/a.tar\t1\tabc\n7\t{SRM}\t1\t-\n8\t{SRM}/a/\t1\t-\n"
    );
    let list = cat(text.as_bytes(), SRM);
    assert!(list.rows.is_empty());
    let lines: Vec<_> = list.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(list.faults[0].problem.contains("does not begin with"), "{:?}", list.faults);
    assert!(list.faults[2].problem.starts_with("3 fields"), "{:?}", list.faults);
    let anything = cat(b"1\t/plain/path.tar\t5\t-\n", "");
    assert_eq!(anything.rows, [product(1, "/plain/path.tar", 1)]);
}

#[test]
fn a_transfer_log_has_six_fields_between_any_blanks() {
    let text = format!(
        "2013-04-02 10:11 {SRM}/p/a.tar 943718 OK ab12\n2013-04-02  10:12   {SRM}/p/b.tar 1048576 OK\tab13\nrestarted\n2013-04-02 10:13 file:///p/c.tar 1 OK -\n2013-04-02 10:13 {SRM}/p/c.tar big OK -\n"
    );
    let list = tx_log(text.as_bytes(), SRM);
    assert_eq!(list.rows, [product(1, "/p/a.tar", 1), product(2, "/p/b.tar", 1)]);
    assert_eq!(ignored(&list), [3]);
    let lines: Vec<_> = list.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [4, 5]);
}

#[test]
fn an_srm_listing_leaves_out_its_folder() {
    let text = b"  0 /pnfs/x/L80897/\n  1048577 /pnfs/x/L80897/L80897_SB000_uv.MS.tar\n 5 /pnfs/x/L80897/with blank.tar\nSRM_FAILURE: no such path\n 0 /pnfs/x/L80897/deeper/\n";
    let list = srm(text, Some("/pnfs/x/L80897"));
    assert_eq!(
        list.rows,
        [
            product(2, "/pnfs/x/L80897/L80897_SB000_uv.MS.tar", 2),
            product(3, "/pnfs/x/L80897/with blank.tar", 1)
        ]
    );
    assert_eq!((faults(&list), ignored(&list)), (vec![], vec![4]));
    assert_eq!(srm(b"7 /a/x.tar\n", None).rows, [product(1, "/a/x.tar", 1)]);
    assert!(srm(b"7 /a\n", Some("/a/")).rows.is_empty());
}

#[test]
fn a_long_listing_is_read_from_its_ninth_field_on() {
    let text = b"220 server ready\n-rw-r--r--   1 lofar  lofar     1048577 May  1  2013 L80897_SB000_uv.MS.tar\r\n-rw-r--r--   1 lofar  lofar     9 May  1  2013 a  b.tar\ndrwxr-xr-x   2 lofar  lofar  4096 May  1 12:00 L80897_SB001_uv.MS\ndrwxr-xr-x 2 a b 4096 May 1 12:00 .\nlrwxrwxrwx 1 a b 3 May 1 12:00 x -> y\ntotal 12\n";
    let list = uberftp(text, "/stage/L80897/");
    assert_eq!(
        list.rows,
        [
            product(2, "/stage/L80897/L80897_SB000_uv.MS.tar", 2),
            product(3, "/stage/L80897/a  b.tar", 1),
            Product { size_mb: None, ..product(4, "/stage/L80897/L80897_SB001_uv.MS", 0) },
        ]
    );
    assert_eq!(faults(&list), [(6, "neither file nor folder")]);
    assert_eq!(ignored(&list), [1, 7]);
}

#[test]
fn a_table_of_the_catalogue_has_twelve_fields() {
    let text = b"Name Type Id Status A B C D E F Frequency G\nL80897_SAP000_SB000_uv.MS uv 1201 ok 1 2 3 4 5 6 115.039 x\n\nL80897_SAP000_SB001_uv.MS uv 1202 ok 1 2 3 4 5 6 high x\na b c\n";
    let list = catalogue(text);
    assert_eq!(
        list.rows,
        [CatalogueRow {
            line: 2,
            name: "L80897_SAP000_SB000_uv.MS".into(),
            product_id: Some(1201),
            central_frequency: 115.039
        }]
    );
    assert_eq!(faults(&list), [(4, "`high` is no frequency in MHz")]);
    assert_eq!(ignored(&list), [1, 5]);
}

#[test]
fn words_of_forms_are_read_back() {
    for format in Format::ALL {
        assert_eq!(Format::of(format.word()), Some(format));
    }
    assert_eq!(Format::of("tar"), None);
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in Format::ALL {
            let list = products(format, &text, Some(SRM), Some("/a"));
            let count = text.split(|b| *b == b'\n').count();
            prop_assert!(list.rows.len() + list.faults.len() + list.ignored.len() <= count);
        }
        let list = catalogue(&text);
        prop_assert!(list.rows.iter().all(|row| row.central_frequency > 0.0));
    }

    #[test]
    fn rows_survive_among_noise(sizes in proptest::collection::vec(0_u64..1 << 50, 0..20)) {
        let text: String = sizes.iter().enumerate()
            .map(|(k, size)| format!("noise\nd t {SRM}/p/L80897_SB{k:03}_uv.MS.tar {size} ok -\n"))
            .collect();
        let list = tx_log(text.as_bytes(), SRM);
        let read: Vec<_> = list.rows.iter().map(|row| row.size_mb.unwrap()).collect();
        let expected: Vec<_> = sizes.iter().map(|size| size.div_ceil(1 << 20)).collect();
        prop_assert_eq!(read, expected);
        prop_assert_eq!(list.ignored.len(), sizes.len());
    }
}
