//! Pushed records: a body of lines, each read, prepared for the store, and read again as it was sealed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qingting_fuzz::each;
use qingting_ingest::{plain, prepare, push};

fuzz_target!(|data: &[u8]| each(data, read));

fn read(data: &[u8]) {
    let mut records = Vec::new();
    for line in std::iter::once(data).chain(data.split(|byte| *byte == b'\n')) {
        match push::read_line(line) {
            Ok(record) => {
                assert_eq!(push::read_again(record.original.clone()).as_ref(), Ok(&record));
                records.push(record);
            }
            Err(bad) => {
                plain::told(&bad.reason);
                let again = push::read_again(bad.original.clone());
                // A broken line is sealed as the text it can be read as.
                if std::str::from_utf8(line).is_ok() {
                    assert_eq!(again, Err(bad));
                }
            }
        }
    }
    prepare::prepare_all(records);
}
