//! What masking finds on sentences that it was not made for.

use super::support::*;

#[test]
fn what_nobody_made_rules_for_is_masked() {
    let unseen = concat!(env!("CARGO_MANIFEST_DIR"), "/models/tests/data/masking/unseen.txt");
    let output = program().args(["mask", "--json", "--gold", unseen]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let measured: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let share = |kinds: &str, what: &str| measured["types"][kinds][what].as_f64().unwrap();
    for kinds in ["name", "address", "numbers", "overall"] {
        println!("{kinds}: recall {:.3}, precision {:.3}", share(kinds, "recall"), share(kinds, "precision"));
    }
    assert!(measured["types"]["overall"]["labelled"].as_u64().unwrap() > 1000);
    assert!(share("numbers", "recall") >= 0.99);
    assert!(share("overall", "recall") >= 0.95);
    assert!(share("overall", "precision") >= 0.97);
}
