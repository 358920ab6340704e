//! Columns that imagers expect.

use ledama_base::operation::ErrorKind;
use ledama_tables::edit::NewColumn;
use ledama_tables::{Array, Complex32, DataType, Value};
use serde_json::json;

use super::{CELL, CHANNELS, ROWS, changed, contents, differences, run};
use crate::edits::imaging::AddImagingColumns;
use crate::testing::SmallSet;

const ALL: [&str; 3] = ["MODEL_DATA", "CORRECTED_DATA", "IMAGING_WEIGHT"];

fn visibilities(set: &SmallSet, column: &str) -> Vec<Complex32> {
    set.table("").column(column).unwrap().values(0..ROWS).unwrap()
}

fn remove(set: &SmallSet, table: &str, columns: &[&str]) {
    super::by_hand(set, table, |editor| editor.remove_columns(columns).unwrap());
}

#[test]
fn the_columns_come_with_zeros_and_the_keyword() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    let told = run(AddImagingColumns, &set, json!({})).unwrap();
    assert_eq!((&told["added"], &told["present"]), (&json!(ALL), &json!([])));
    assert_eq!(changed(&before, &set), [".CORRECTED_DATA", ".IMAGING_WEIGHT", ".MODEL_DATA"]);
    for name in ["MODEL_DATA", "CORRECTED_DATA"] {
        assert_eq!(visibilities(&set, name), vec![Complex32::default(); CELL * 18]);
    }
    let table = set.table("");
    let weight = table.column("IMAGING_WEIGHT").unwrap();
    assert_eq!(weight.shape(ROWS - 1).unwrap(), Some(vec![CHANNELS]));
    assert_eq!(weight.values::<f32>(0..ROWS).unwrap(), vec![0.0; CHANNELS * 18]);
    let model = table.column("MODEL_DATA").unwrap();
    let keywords = model.keywords().unwrap();
    assert_eq!(keywords.get("UNIT"), Some(&Value::String("Jy".into())));
    let Some(Value::Array(Array::Int(selection))) = keywords.get("CHANNEL_SELECTION") else {
        panic!("{keywords:?}")
    };
    assert_eq!((selection.shape(), selection.as_slice().unwrap()), (&[1, 2][..], &[0, 4][..]));
    let managers = table.managers();
    let manager = managers.iter().find(|m| m.columns.iter().any(|c| c == "MODEL_DATA")).unwrap();
    assert_eq!(manager.kind, "TiledColumnStMan");

    let before = contents(&set.path(""));
    let told = run(AddImagingColumns, &set, json!({})).unwrap();
    assert_eq!((&told["changed"], &told["present"]), (&json!(false), &json!(ALL)));
    assert_eq!(differences(&before, &set), [""; 0]);
}

#[test]
fn corrected_data_can_begin_as_the_data() {
    let set = SmallSet::new();
    let wanted = json!({ "columns": ["CORRECTED_DATA"], "init_from_data": true });
    let told = run(AddImagingColumns, &set, wanted).unwrap();
    assert_eq!(told["added"], json!(["CORRECTED_DATA"]));
    assert_eq!(visibilities(&set, "CORRECTED_DATA"), visibilities(&set, "DATA"));
    assert!(!set.table("").has_column("MODEL_DATA"));
}

#[test]
fn a_model_that_was_there_keeps_its_values_and_gets_the_keyword() {
    let set = SmallSet::new();
    super::by_hand(&set, "", |editor| {
        let model = NewColumn::like("MODEL_DATA", "DATA", DataType::Complex).copied_from("DATA");
        editor.add_column(model).unwrap();
    });
    let told = run(AddImagingColumns, &set, json!({ "columns": ["MODEL_DATA"] })).unwrap();
    assert_eq!((&told["changed"], &told["channel_selection"]), (&json!(true), &json!(true)));
    assert_eq!(visibilities(&set, "MODEL_DATA"), visibilities(&set, "DATA"));
}

#[test]
fn wrong_requests_change_nothing() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    for columns in [json!([]), json!(["DATA"]), json!(["MODEL_DATA", "model_data"])] {
        let error = run(AddImagingColumns, &set, json!({ "columns": columns })).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Input);
        assert!(error.help.unwrap().contains("IMAGING_WEIGHT"));
    }
    assert_eq!(differences(&before, &set), [""; 0]);
}

#[test]
fn sets_without_visibilities_or_channels_are_told() {
    let set = SmallSet::new();
    remove(&set, "SPECTRAL_WINDOW", &["NUM_CHAN"]);
    let before = contents(&set.path(""));
    let error = run(AddImagingColumns, &set, json!({})).unwrap_err();
    assert!(error.message.contains("NUM_CHAN"), "{}", error.message);
    assert_eq!(differences(&before, &set), [""; 0]);
    // The weights do not need it where DATA has a shape.
    run(AddImagingColumns, &set, json!({ "columns": ["IMAGING_WEIGHT"] })).unwrap();

    remove(&set, "", &["DATA"]);
    let error = run(AddImagingColumns, &set, json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
    assert!(error.message.contains("DATA"), "{}", error.message);

    super::by_hand(&set, "", |editor| {
        editor.add_column(NewColumn::like("DATA", "FLAG", DataType::Float)).unwrap();
    });
    let error = run(AddImagingColumns, &set, json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
    assert!(error.message.contains("not visibilities"), "{}", error.message);
}
