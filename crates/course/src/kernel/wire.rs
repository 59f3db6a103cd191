//! Jupyter's messages on the wire: identities of the client, a delimiter, a signature, and four parts in JSON.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use zeromq::ZmqMessage;

/// How the ids of our own requests begin.
pub(super) const INTERNAL: &str = "course-internal-";

const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Signs what is sent, and checks what comes; an empty key means that nothing is signed.
#[derive(Clone)]
pub(super) struct Signer(Option<Hmac<Sha256>>);

impl Signer {
    /// A signer with the key of the connection file.
    pub(super) fn new(key: &str) -> Result<Self> {
        let mac = || Hmac::<Sha256>::new_from_slice(key.as_bytes()).context("cannot use the connection file's key");
        Ok(Self(if key.is_empty() { None } else { Some(mac()?) }))
    }

    fn digest(&self, parts: &[Bytes]) -> Option<Hmac<Sha256>> {
        let mut mac = self.0.clone()?;
        parts.iter().for_each(|part| mac.update(part));
        Some(mac)
    }

    fn sign(&self, parts: &[Bytes]) -> String {
        let Some(mac) = self.digest(parts) else {
            return String::new();
        };
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn check(&self, parts: &[Bytes], signature: &[u8]) -> Result<()> {
        let Some(mac) = self.digest(parts) else {
            return Ok(());
        };
        let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |pair: &[u8]| Some(nibble(*pair.first()?)? << 4 | nibble(*pair.get(1)?)?);
        let bytes: Option<Vec<u8>> = signature.chunks(2).map(pair).collect();
        mac.verify_slice(&bytes.context("the signature is not in hexadecimal digits")?)
            .context("the signature is wrong")
    }
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Which client it comes from or goes to.
    pub(super) identities: Vec<Bytes>,
    pub(super) header: Value,
    pub(super) parent: Value,
    pub(super) metadata: Value,
    pub(super) content: Value,
    pub(super) buffers: Vec<Bytes>,
}

impl Message {
    /// Reads a message, and checks all that evcxr takes for granted: it ends at one that is not so.
    pub(super) fn read(frames: ZmqMessage, signer: &Signer) -> Result<Self> {
        let mut frames = frames.into_vec();
        let delimiter = frames.iter().position(|frame| &frame[..] == DELIMITER).context("it has no delimiter")?;
        let mut parts = frames.split_off(delimiter);
        if parts.len() < 6 {
            bail!("it has {} parts after its identities, not at least 6", parts.len());
        }
        let buffers = parts.split_off(6);
        let json = parts.split_off(2);
        signer.check(&json, &parts[1])?;
        let mut values = json.iter().map(|part| serde_json::from_slice::<Value>(part).ok().filter(Value::is_object));
        let mut next = |what: &str| values.next().flatten().with_context(|| format!("its {what} is not a JSON object"));
        let message = Self {
            identities: frames,
            header: next("header")?,
            parent: next("parent header")?,
            metadata: next("metadata")?,
            content: next("content")?,
            buffers,
        };
        if message.id().is_empty() || message.kind().is_empty() {
            bail!("its header has no `msg_id` or no `msg_type`");
        }
        Ok(message)
    }

    /// The frames to send.
    pub(super) fn frames(&self, signer: &Signer) -> ZmqMessage {
        let json = [&self.header, &self.parent, &self.metadata, &self.content];
        let json: Vec<Bytes> = json.iter().map(|part| Bytes::from(part.to_string())).collect();
        let signature = signer.sign(&json);
        let start = [Bytes::from_static(DELIMITER), Bytes::from(signature)];
        let mut frames = ZmqMessage::from(Bytes::new());
        let mut all = self.identities.iter().cloned().chain(start).chain(json).chain(self.buffers.iter().cloned());
        if let Some(first) = all.next() {
            frames = ZmqMessage::from(first);
            all.for_each(|frame| frames.push_back(frame));
        }
        frames
    }

    /// `msg_type`.
    pub(super) fn kind(&self) -> &str {
        self.header["msg_type"].as_str().unwrap_or_default()
    }

    /// `msg_id`.
    pub(super) fn id(&self) -> &str {
        self.header["msg_id"].as_str().unwrap_or_default()
    }

    /// `msg_id` of the request that this message belongs to.
    pub(super) fn parent_id(&self) -> &str {
        self.parent["msg_id"].as_str().unwrap_or_default()
    }

    /// A message of this kind that belongs to this request, for everybody.
    pub(super) fn child(&self, kind: &str, content: Value) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut header = self.header.clone();
        header["msg_type"] = kind.into();
        header["msg_id"] = format!("course-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)).into();
        header["username"] = "kernel".into();
        Self {
            identities: Vec::new(),
            header,
            parent: self.header.clone(),
            metadata: Value::Object(serde_json::Map::new()),
            content,
            buffers: Vec::new(),
        }
    }

    /// A request of our own.
    pub(super) fn internal(kind: &str) -> Self {
        let id = format!("{INTERNAL}{}", std::process::id());
        let empty = || Value::Object(serde_json::Map::new());
        let header = serde_json::json!({
            "msg_id": id, "msg_type": kind, "session": id, "username": "course", "date": "1970-01-01T00:00:00Z", "version": "5.3",
        });
        let (parent, metadata, content) = (empty(), empty(), empty());
        Self { identities: Vec::new(), header, parent, metadata, content, buffers: Vec::new() }
    }

    /// The answer to this request.
    pub(super) fn reply(&self, content: Value) -> Self {
        let kind = self.kind().replace("_request", "_reply");
        Self { identities: self.identities.clone(), ..self.child(&kind, content) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A request as a client sends it.
    pub(in crate::kernel) fn request(kind: &str, content: Value) -> Message {
        let empty = || json!({});
        Message {
            identities: vec![Bytes::from_static(b"client")],
            header: json!({"msg_id": "1", "msg_type": kind, "session": "s", "date": "2026-01-01T00:00:00Z"}),
            parent: empty(),
            metadata: empty(),
            content,
            buffers: vec![Bytes::from_static(b"buffer")],
        }
    }

    #[test]
    fn a_message_survives_the_wire_and_a_changed_one_is_refused() -> Result<()> {
        let signer = Signer::new("key")?;
        let sent = request("execute_request", json!({"code": "1"}));
        let read = Message::read(sent.frames(&signer), &signer)?;
        assert_eq!((read.kind(), read.id(), &read.content), ("execute_request", "1", &sent.content));
        assert_eq!(read.identities, sent.identities);
        assert_eq!(read.buffers, sent.buffers);
        let other = Signer::new("another key")?;
        assert!(Message::read(sent.frames(&other), &signer).is_err());
        assert!(Message::read(sent.frames(&Signer::new("")?), &signer).is_err());
        assert!(Message::read(sent.frames(&signer), &Signer::new("")?).is_ok());
        Ok(())
    }

    #[test]
    fn what_is_no_message_is_refused() -> Result<()> {
        let signer = Signer::new("")?;
        let message = |frames: &[&str]| {
            let frames: Vec<Bytes> = frames.iter().map(|frame| Bytes::from((*frame).to_owned())).collect();
            ZmqMessage::try_from(frames).map_err(|_| anyhow::anyhow!("no frames"))
        };
        let header = r#"{"msg_id": "1", "msg_type": "x"}"#;
        assert!(Message::read(message(&["<IDS|MSG>", "", header, "{}", "{}", "{}"])?, &signer).is_ok());
        for broken in [
            vec!["garbage"],
            vec!["<IDS|MSG>"],
            vec!["<IDS|MSG>", "", header, "{}", "{}"],
            vec!["<IDS|MSG>", "", header, "{}", "{}", "no JSON"],
            vec!["<IDS|MSG>", "", header, "{}", "{}", "[]"],
            vec!["<IDS|MSG>", "", "{}", "{}", "{}", "{}"],
        ] {
            assert!(Message::read(message(&broken)?, &signer).is_err(), "{broken:?}");
        }
        Ok(())
    }
}
