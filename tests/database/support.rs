//! What these tests are made of.

use crate::support::postgres::on_both;

#[test]
fn each_test_has_a_database_of_its_own() {
    on_both(|_, base| {
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"lofar_dataset\""), 0);
        assert_eq!(
            base.all::<String>("SELECT \"name\" FROM \"antenna_type\" ORDER BY 1"),
            ["HBA", "LBA"]
        );
        assert!(base.counts().contains(&("measurementset", 0)));
    });
}
