//! The sockets on both sides: Jupyter's clients, and evcxr.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::mpsc;
use zeromq::util::PeerIdentity;
use zeromq::{
    DealerSendHalf, DealerSocket, PubSocket, RepSocket, RouterSendHalf, RouterSocket, Socket, SocketOptions,
    SocketRecv, SocketSend, SubSocket, ZmqMessage,
};

use super::connection::Connection;

/// How many messages may wait to be handled: then their senders have to wait.
const WAITING: usize = 64;

/// Where requests and replies go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Shell,
    Control,
    Stdin,
}

/// A message, and where it comes from.
pub(super) enum Event {
    Client(Channel, ZmqMessage),
    Kernel(Channel, ZmqMessage),
    Output(ZmqMessage),
}

/// The side of the clients.
pub(super) struct Clients {
    pub(super) shell: RouterSendHalf,
    pub(super) control: RouterSendHalf,
    pub(super) stdin: RouterSendHalf,
    pub(super) iopub: PubSocket,
    sender: mpsc::Sender<Event>,
    pub(super) events: mpsc::Receiver<Event>,
}

/// The side of evcxr.
pub(super) struct Kernel {
    pub(super) shell: DealerSendHalf,
    pub(super) control: DealerSendHalf,
    pub(super) stdin: DealerSendHalf,
}

impl Clients {
    /// Binds the ports of Jupyter's connection file; heartbeats are answered from now on.
    pub(super) async fn bind(connection: &Connection) -> Result<Self> {
        let (sender, events) = mpsc::channel(WAITING);
        let bind_router = async |port| -> Result<RouterSocket> {
            let mut socket = RouterSocket::new();
            bind(&mut socket, connection, port).await?;
            Ok(socket)
        };
        let (shell, from_shell) = bind_router(connection.shell_port).await?.split();
        let (control, from_control) = bind_router(connection.control_port).await?.split();
        let (stdin, from_stdin) = bind_router(connection.stdin_port).await?.split();
        let mut iopub = PubSocket::new();
        bind(&mut iopub, connection, connection.iopub_port).await?;
        let mut heartbeat = RepSocket::new();
        bind(&mut heartbeat, connection, connection.hb_port).await?;
        tokio::spawn(async move {
            loop {
                match heartbeat.recv().await {
                    Ok(beat) => _ = heartbeat.send(beat).await,
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        });
        pass(from_shell, &sender, |message| Event::Client(Channel::Shell, message));
        pass(from_control, &sender, |message| Event::Client(Channel::Control, message));
        pass(from_stdin, &sender, |message| Event::Client(Channel::Stdin, message));
        Ok(Self { shell, control, stdin, iopub, sender, events })
    }
}

impl Kernel {
    /// Connects to evcxr, as soon as it has bound its ports.
    pub(super) async fn connect(connection: &Connection, clients: &Clients) -> Result<Self> {
        // evcxr sends an input request to the peer whose name its shell knows, so all have the same.
        let identity = PeerIdentity::new();
        let connect = async |port| -> Result<DealerSocket> {
            let mut options = SocketOptions::default();
            options.peer_identity(identity.clone()).no_connect_timeout();
            let mut socket = DealerSocket::with_options(options);
            socket.connect(&connection.address(port)).await.context("cannot connect to evcxr")?;
            Ok(socket)
        };
        let (shell, from_shell) = connect(connection.shell_port).await?.split();
        let (control, from_control) = connect(connection.control_port).await?.split();
        let (stdin, from_stdin) = connect(connection.stdin_port).await?.split();
        let mut options = SocketOptions::default();
        options.no_connect_timeout();
        let mut iopub = SubSocket::with_options(options);
        iopub.subscribe("").await.context("cannot subscribe to evcxr's output")?;
        iopub.connect(&connection.address(connection.iopub_port)).await.context("cannot connect to evcxr's output")?;
        pass(from_shell, &clients.sender, |message| Event::Kernel(Channel::Shell, message));
        pass(from_control, &clients.sender, |message| Event::Kernel(Channel::Control, message));
        pass(from_stdin, &clients.sender, |message| Event::Kernel(Channel::Stdin, message));
        pass(iopub, &clients.sender, Event::Output);
        Ok(Self { shell, control, stdin })
    }
}

async fn bind(socket: &mut impl Socket, connection: &Connection, port: u16) -> Result<()> {
    let address = connection.address(port);
    socket.bind(&address).await.map(drop).with_context(|| format!("cannot listen at {address}, which Jupyter asks for"))
}

/// Passes on what comes from a socket, as long as somebody wants it.
fn pass(mut socket: impl SocketRecv + Send + 'static, sender: &mpsc::Sender<Event>, event: fn(ZmqMessage) -> Event) {
    let sender = sender.clone();
    tokio::spawn(async move {
        loop {
            match socket.recv().await {
                Ok(message) => {
                    if sender.send(event(message)).await.is_err() {
                        return;
                    }
                }
                // A peer that has gone, or that does not speak ZeroMQ.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    });
}

/// Sends, and goes on if nobody is there: a client that has gone misses nothing.
pub(super) async fn send(socket: &mut impl SocketSend, frames: ZmqMessage, whom: &str) {
    match socket.send(frames).await {
        Ok(()) => {}
        Err(error) if error.to_string().contains("client not found") => {}
        Err(error) => eprintln!("a message to {whom} is lost: {error}"),
    }
}
