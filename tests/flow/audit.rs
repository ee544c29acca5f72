//! The audit log from the command line: its head signed, kept elsewhere, and the chain proved against it.

use super::support::*;

#[tokio::test]
async fn a_head_that_was_kept_elsewhere_proves_the_chain() {
    for engine in engines() {
        let county = County::on(engine).await;
        county.ok(&["user", "add", "duty", "--name", "值班员", "--role", "duty"]);
        let head = county.ok(&["audit", "head"]);
        let kept = county.file("heads.jsonl", &head);
        let kept = kept.to_str().unwrap();
        county.ok(&["user", "disable", "duty"]);
        let said = county.ok(&["audit", "verify", "--heads", kept]);
        assert!(said.contains("is whole"), "{said}");
        let verdict = county.json(&["audit", "verify"]);
        assert!(verdict["checkpoints"].as_i64().unwrap() >= 1, "{verdict}");
        assert!(verdict["covered"].as_i64() < verdict["lines"].as_i64(), "what came after is not signed yet");
        let forged = county.file("forged.jsonl", head.replace("\"seq\":", "\"seq\":1"));
        let error = county.fails(&["audit", "verify", "--heads", forged.to_str().unwrap()]);
        assert!(error.contains("the audit log is broken"), "{error}");
        let none = county.file("none.jsonl", "{}\n");
        let error = county.fails(&["audit", "verify", "--heads", none.to_str().unwrap()]);
        assert!(error.contains("line 1 is no signed head"), "{error}");
    }
}
