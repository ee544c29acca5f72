//! Receivers on loopback: a web server that does as it is told, and a mail server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How long an answer is waited for that comes, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The same beside a receiver that never answers.
pub(crate) const LITTLE_PATIENCE: Duration = Duration::from_secs(3);

/// What a web server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    Answers(&'static str),
    Refuses(u16, &'static str),
    /// Takes it and never answers.
    Hangs,
    /// Takes it and breaks the connection off.
    Breaks,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ str| {
            let (key, _) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(())
        };
        let found = self.head.lines().find(|text| line(text).is_some())?;
        found.split_once(':').map(|(_, value)| value.trim())
    }
}

/// A web server; when its list is used up, it answers as at the end of it.
#[derive(Clone)]
pub(crate) struct WebServer {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl WebServer {
    pub(crate) async fn that(does: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let list: Arc<Mutex<VecDeque<Does>>> = Arc::new(Mutex::new(does.iter().cloned().collect()));
        let kept = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, list) = (kept.clone(), list.clone());
                tokio::spawn(async move { serve(stream, &kept, &list).await });
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, kept: &Mutex<Vec<Asked>>, list: &Mutex<VecDeque<Does>>) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let mut asked = Asked { head, body: String::new() };
    let length: usize = asked.header("content-length").map_or(0, |value| value.parse().unwrap());
    let mut body = vec![0u8; length];
    stream.read_exact(&mut body).await.unwrap();
    asked.body = String::from_utf8(body).unwrap();
    kept.lock().unwrap().push(asked);
    let does = {
        let mut list = list.lock().unwrap();
        if list.len() > 1 { list.pop_front() } else { list.front().cloned() }
    };
    let answer = match does.unwrap_or(Does::Answers("{}")) {
        Does::Answers(body) => {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        }
        Does::Refuses(status, more) => {
            format!("HTTP/1.1 {status} No\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Does::Hangs => return std::future::pending().await,
        Does::Breaks => return,
    };
    stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
}

/// A mail as its server got it.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A mail server that refuses the first `busy` mails for the time being, after it read them.
pub(crate) struct MailServer {
    pub(crate) port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl MailServer {
    pub(crate) async fn busy(busy: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails: Arc<Mutex<Vec<Mail>>> = Arc::default();
        let kept = mails.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = kept.clone();
                tokio::spawn(async move { talk(stream, &kept, busy).await });
            }
        });
        Self { port, mails }
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

async fn talk(stream: TcpStream, kept: &Mutex<Vec<Mail>>, busy: usize) {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 mail.test\r\n").await.unwrap();
    let (mut to, mut text) = (String::new(), String::new());
    let mut in_text = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let answer = match line.trim_end() {
            "." if in_text => {
                in_text = false;
                let mut kept = kept.lock().unwrap();
                kept.push(Mail { to: to.clone(), text: std::mem::take(&mut text) });
                if kept.len() <= busy { "451 later" } else { "250 ok" }
            }
            _ if in_text => {
                text.push_str(&line);
                continue;
            }
            "DATA" => {
                in_text = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            other => {
                if let Some(receiver) = other.strip_prefix("RCPT TO:") {
                    receiver.trim_matches(['<', '>']).clone_into(&mut to);
                }
                "250 ok"
            }
        };
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
}
