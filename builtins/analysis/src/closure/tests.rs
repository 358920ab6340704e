//! Against numbers from casacore's data.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::visibilities::{Antennas, Choice};
use ledama_ms::testing::unpack;

fn request<'a>(choice: &'a Choice, triangles: &'a str) -> ClosureRequest<'a> {
    ClosureRequest { choice, triangles, reference: None, quads: None, joint: Joint::None }
}

fn found(request: &ClosureRequest<'_>) -> Option<Vec<Closure>> {
    let folder = unpack("tNDPPP-generic")?;
    let path = format!("{}/tNDPPP-generic.MS", folder.path().display());
    Some(closures(&path, request, &mut |_, _| Ok(())).unwrap().1)
}

#[test]
fn closure_phases_are_those_of_the_bispectrum() {
    let choice = Choice::default();
    // The order in which stations are named does not matter.
    for triangles in ["0,4,5", "5,0,4"] {
        let Some(all) = found(&request(&choice, triangles)) else { return };
        for (polarization, known) in [
            ("XX", [-0.035_486, -0.014_909, -0.008_741, -0.016_726]),
            ("YY", [0.003_576, -0.025_807, -0.044_827, 0.033_015]),
        ] {
            let one = all.iter().find(|one| one.polarization == polarization).unwrap();
            assert_eq!((one.values.len(), one.shape.0.as_slice()), (6, &[0, 4, 5][..]));
            for (value, known) in one.values.iter().zip(known) {
                assert!((value - known).abs() < 1e-6, "{value}, not {known}");
            }
            assert!(one.values[4].is_nan() && one.values[5].is_nan());
        }
    }
}

#[test]
fn averaged_bispectra_and_many_triangles() {
    let xx = Choice { correlations: Some("XX".into()), ..Choice::default() };
    let Some(all) = found(&request(&xx, "all")) else { return };
    assert_eq!(all.len(), 56);
    let with = ClosureRequest { reference: Some("0"), ..request(&xx, "all") };
    assert_eq!(found(&with).unwrap().len(), 21);
    let several = found(&request(&xx, "0,4,5/1,2,3")).unwrap();
    assert_eq!(several.len(), 2);
    for joint in [Joint::Times, Joint::Both] {
        let one = found(&ClosureRequest { joint, ..request(&xx, "0,4,5") }).unwrap();
        assert_eq!(one[0].values.len(), 1);
        assert!(one[0].values[0].abs() < 0.1);
    }
    let channels =
        found(&ClosureRequest { joint: Joint::Channels, ..request(&xx, "0,4,5") }).unwrap();
    assert_eq!(channels[0].values.len(), 6);
}

#[test]
fn amplitudes_close_over_four_stations() {
    let xx = Choice { correlations: Some("XX".into()), ..Choice::default() };
    let quad = |quads| ClosureRequest { quads: Some(quads), ..request(&xx, "") };
    let Some(one) = found(&quad("0,1,2,3")) else { return };
    let turned = found(&quad("0,2,1,3")).unwrap();
    // The same four amplitudes the other way up.
    let product = one[0].values[0] * turned[0].values[0];
    assert!((product - 1.0).abs() < 1e-9, "{product}");
}

#[test]
fn wrong_shapes_are_told() {
    let names: Vec<String> = ["A", "B", "C", "D"].map(String::from).to_vec();
    let parse = |text: &str| parse_triangles(text, Antennas(&names)).unwrap_err();
    assert!(parse("0,1").contains("2 stations, not 3"));
    assert!(parse("0,1,B").contains("twice"));
    assert!(parse("A,B,X").contains("no station `X`"));
    assert_eq!(all_triangles(&[1, 2, 3, 4], None).len(), 4);
    assert_eq!(all_triangles(&[1, 2, 3, 4], Some(4)).len(), 3);
    let choice = Choice::default();
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let path = format!("{}/tNDPPP-generic.MS", folder.path().display());
    let error = closures(&path, &request(&choice, "0,1,55"), &mut |_, _| Ok(())).unwrap_err();
    assert!(error.to_string().contains("55"), "{error}");
}
