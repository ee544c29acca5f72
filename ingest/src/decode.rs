//! Bytes to text: which encoding a document is really written in, and reading it as that.
//!
//! What a header or a declaration says is only a hint: Chinese feeds and sheets are often labelled UTF-8
//! and written in GBK, or the other way round. A byte order mark decides first, then validity (text in
//! another encoding is almost never valid UTF-8 by chance), then the declared encoding where the bytes fit
//! it, and last a statistical guess.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, CoderResult, Decoder, DecoderResult, Encoding, GB18030, GBK, ISO_8859_15, UTF_8, UTF_16BE,
    UTF_16LE, WINDOWS_1252,
};

/// Bytes, from the first outside ASCII on, by which encodings other than UTF-8 are told: more say nothing new.
const GUESS_BYTES: usize = 32 * 1024;
/// Up to so many bytes outside ASCII, a text in GBK may be valid UTF-8 by chance.
const CHANCE_BYTES: u64 = 8;

/// After so many errors a text that is wrong UTF-8 nearly everywhere is looked at no further as UTF-8.
const ENOUGH_ERRORS: u64 = 10_000;

/// A decoded document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// The WHATWG name of the encoding it was read in: `UTF-8`, `gb18030`, `UTF-16LE` ...
    pub encoding: &'static str,
    /// Some bytes fitted no character and became U+FFFD.
    pub damaged: bool,
}

/// Decodes a whole document.
///
/// `declared` holds labels in falling order of trust (an HTTP charset, an XML declaration); unknown ones are ignored.
pub fn decode(bytes: &[u8], declared: &[&str]) -> Decoded {
    if let Some(decoded) = utf32(bytes) {
        return decoded;
    }
    let mut survey = Survey::default();
    survey.feed(bytes);
    let encoding = survey.choose(declared);
    let (text, _, damaged) = encoding.decode(bytes);
    Decoded { text: text.into_owned(), encoding: encoding.name(), damaged }
}

/// UTF-32, which browsers do not know: by its mark, or by the zero bytes of the two ASCII characters that any
/// feed begins with.
fn utf32(bytes: &[u8]) -> Option<Decoded> {
    let (little, start) = match bytes {
        [0xFF, 0xFE, 0, 0, ..] => (true, 4),
        [0, 0, 0xFE, 0xFF, ..] => (false, 4),
        [1..=0xFF, 0, 0, 0, 1..=0xFF, 0, 0, 0, ..] => (true, 0),
        [0, 0, 0, 1..=0xFF, 0, 0, 0, 1..=0xFF, ..] => (false, 0),
        _ => return None,
    };
    let (units, rest) = bytes[start..].as_chunks::<4>();
    let mut damaged = !rest.is_empty();
    let character = |unit: &[u8; 4]| {
        let code = if little { u32::from_le_bytes(*unit) } else { u32::from_be_bytes(*unit) };
        char::from_u32(code).unwrap_or_else(|| {
            damaged = true;
            char::REPLACEMENT_CHARACTER
        })
    };
    let text = units.iter().map(character).collect();
    Some(Decoded { text, encoding: if little { "UTF-32LE" } else { "UTF-32BE" }, damaged })
}

/// The encoding that an XML declaration or a `<meta charset>` near the start names.
pub fn declared_inside(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(1024)];
    let head: String = head.iter().filter(|b| **b != 0).map(|b| char::from(*b)).collect();
    let declaration = &head[head.find("<?xml")?..];
    let declaration = &declaration[..declaration.find("?>").unwrap_or(declaration.len())];
    let after = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = after[1..].split(quote).next()?.trim();
    (!label.is_empty()).then(|| label.to_owned())
}

/// Looks through a document piece by piece, so that a file of any size can be judged in flat memory.
pub struct Survey {
    start: Vec<u8>,
    read: u64,
    even_nul: u64,
    odd_nul: u64,
    high: u64,
    /// Runs of bytes outside ASCII, and those of a single byte.
    runs: u64,
    lone: u64,
    run: u64,
    utf8: Tally,
    /// From the first byte outside ASCII on, as much as is looked at where the document is no UTF-8.
    telling: Vec<u8>,
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            start: Vec::new(),
            read: 0,
            even_nul: 0,
            odd_nul: 0,
            high: 0,
            runs: 0,
            lone: 0,
            run: 0,
            utf8: Tally::of(UTF_8),
            telling: Vec::new(),
        }
    }
}

impl Survey {
    /// Takes the next piece of the document.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.start.len() < 4 {
            self.start.extend(bytes.iter().take(4 - self.start.len()));
        }
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                0 if (self.read + index as u64).is_multiple_of(2) => self.even_nul += 1,
                0 => self.odd_nul += 1,
                0x80.. => self.high += 1,
                _ => {}
            }
            if *byte >= 0x80 {
                self.run += 1;
            } else {
                self.end_run();
            }
        }
        self.read += bytes.len() as u64;
        self.utf8.feed(bytes, false);
        let start = if self.telling.is_empty() { bytes.iter().position(|b| *b >= 0x80) } else { Some(0) };
        if let Some(start) = start {
            let room = GUESS_BYTES.saturating_sub(self.telling.len());
            self.telling.extend(bytes[start..].iter().take(room));
        }
    }

    /// Whether bytes of value 0 stand where no text encoding has them: the document is no text.
    pub fn is_binary(&self) -> bool {
        self.even_nul + self.odd_nul > 0 && self.mark().is_none() && self.wide().is_none()
    }

    /// The encoding to read the document in.
    pub fn choose(mut self, declared: &[&str]) -> &'static Encoding {
        // A last character that is cut in half says nothing against the others.
        let cut_off = self.utf8.errors == 0 && self.utf8.wide > 0;
        self.utf8.feed(&[], true);
        self.end_run();
        if let Some(found) = self.mark().or_else(|| self.wide()) {
            return found;
        }
        let label = |label: &&str| Encoding::for_label_no_replacement(label.trim().as_bytes());
        let declared: Vec<_> = declared.iter().filter_map(label).collect();
        let says_gb = declared.first().is_some_and(|named| is_gb(named));
        if self.utf8.errors == 0 || cut_off {
            let chance = says_gb && self.high > 0 && self.high <= CHANCE_BYTES && self.as_gb().errors == 0;
            return if chance { GB18030 } else { UTF_8 };
        }
        // Text of another encoding is wrong UTF-8 nearly everywhere; a damaged UTF-8 text only here and there.
        if self.utf8.wide > self.utf8.errors.saturating_mul(10) {
            return UTF_8;
        }
        if let Some(named) = declared.iter().find(|named| trustworthy(named)) {
            return if is_gb(named) { GB18030 } else { named };
        }
        let guess = self.guess();
        if guess == BIG5 {
            return BIG5;
        }
        // In Chinese, bytes outside ASCII come in pairs; in the languages of single-byte encodings most stand alone.
        let in_pairs = self.lone.saturating_mul(2) < self.runs;
        let gb = self.as_gb();
        if in_pairs && (is_gb(guess) || gb.errors.saturating_mul(20) < gb.wide) {
            return GB18030;
        }
        let guess = if is_gb(guess) { GB18030 } else { guess };
        declared.into_iter().find(|named| named.is_single_byte()).unwrap_or(guess)
    }

    fn guess(&self) -> &'static Encoding {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(&self.telling, true);
        detector.guess(Some(b"cn"), Utf8Detection::Deny)
    }

    /// How well what was kept fits GB18030.
    fn as_gb(&self) -> Tally {
        let mut tally = Tally::of(GB18030);
        tally.feed(&self.telling, self.telling.len() < GUESS_BYTES);
        tally
    }

    fn end_run(&mut self) {
        self.runs += u64::from(self.run > 0);
        self.lone += u64::from(self.run == 1);
        self.run = 0;
    }

    fn mark(&self) -> Option<&'static Encoding> {
        Encoding::for_bom(&self.start).map(|(encoding, _)| encoding)
    }

    /// UTF-16 without a mark: the zero bytes of its ASCII characters all stand at one parity.
    fn wide(&self) -> Option<&'static Encoding> {
        let nul = self.even_nul + self.odd_nul;
        // One character in two hundred in ASCII is less than any sheet or feed has.
        if nul == 0 || nul.saturating_mul(400) < self.read {
            return None;
        }
        // A stray zero byte in a short text of UTF-8 makes no UTF-16: that is either ASCII for the most part, or
        // no valid UTF-8.
        if nul.saturating_mul(4) < self.read && self.utf8.errors == 0 {
            return None;
        }
        if self.even_nul.saturating_mul(20) <= self.odd_nul {
            return Some(UTF_16LE);
        }
        (self.odd_nul.saturating_mul(20) <= self.even_nul).then_some(UTF_16BE)
    }
}

fn is_gb(encoding: &'static Encoding) -> bool {
    encoding == GBK || encoding == GB18030
}

/// Encodings that a declaration is believed for once the bytes are no UTF-8. Latin-1 accepts every byte and is what
/// servers say when they don't know: there the bytes decide.
fn trustworthy(encoding: &'static Encoding) -> bool {
    ![UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252, ISO_8859_15].contains(&encoding)
}

/// How well a document fits one encoding.
struct Tally {
    decoder: Decoder,
    /// Byte sequences that fit no character.
    errors: u64,
    /// Characters outside ASCII.
    wide: u64,
}

impl Tally {
    fn of(encoding: &'static Encoding) -> Self {
        Self { decoder: encoding.new_decoder_without_bom_handling(), errors: 0, wide: 0 }
    }

    fn feed(&mut self, mut bytes: &[u8], last: bool) {
        if self.errors > ENOUGH_ERRORS && self.wide < self.errors {
            return;
        }
        let mut buffer = [0u8; 4096];
        loop {
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut buffer, last);
            self.wide += buffer[..written].iter().filter(|b| **b >= 0xC0).count() as u64;
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.errors += 1,
            }
        }
    }
}

/// Reads bytes of any encoding as UTF-8, in flat memory. Bytes that fit no character become U+FFFD.
pub struct TextReader<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    raw_len: usize,
    ended: bool,
    finished: bool,
    text: Vec<u8>,
    text_at: usize,
    text_len: usize,
}

impl<R: Read> TextReader<R> {
    /// A byte order mark at the start is left out.
    pub fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; 32 * 1024],
            raw_at: 0,
            raw_len: 0,
            ended: false,
            finished: false,
            text: vec![0; 64 * 1024],
            text_at: 0,
            text_len: 0,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.text_at == self.text_len {
            if self.raw_at == self.raw_len && !self.ended {
                self.raw_len = self.inner.read(&mut self.raw)?;
                self.raw_at = 0;
                self.ended = self.raw_len == 0;
            }
            let raw = &self.raw[self.raw_at..self.raw_len];
            let (result, read, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.ended);
            self.raw_at += read;
            self.text_len = written;
            self.text_at = 0;
            if self.ended && result == CoderResult::InputEmpty {
                self.finished = true;
                break;
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.text_at == self.text_len && !self.finished {
            self.refill()?;
        }
        let rest = &self.text[self.text_at..self.text_len];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.text_at += count;
        Ok(count)
    }
}
