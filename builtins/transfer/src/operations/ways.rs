//! The ways between two nodes, tried one after the other: the source connects,
//! the target connects, a pipe through `ssh`.

use crossbeam_channel::bounded;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_config::model::Channel;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::copy::Task;
use super::hello::{HelloInput, HelloOutput, NoPort, listen};
use super::send::{SendInput, SendOutput};
use crate::control::{Control, supervised};
use crate::link::handshake::{Credentials, End, identity};
use crate::link::identity::Token;
use crate::link::meet::{Unreached, dial, welcome};
use crate::link::socket::{join, own_address_towards};
use crate::link::ssh::Client;
use crate::receive::{Job, Outcome, receive};

/// What helps where nodes do not reach each other.
const ADVICE: &str = "let the nodes connect to each other: open a range of ports and name it in \
                      `transfer.ports`, or allow ssh between them";

impl Task<'_> {
    /// Tries all ways to the node of the source, one after the other.
    pub(super) fn between_nodes(&self, job: &Job<'_>) -> Result<Outcome, OperationError> {
        let (node, channel) = (&*self.input.source_node, self.input.network.channel);
        let mut tried = Vec::new();
        let mut program = None;
        let blocked = (channel == Channel::Auto).then(|| self.detours.recent(node)).flatten();
        if let Some(why) = blocked {
            tried.push(why);
        } else if channel != Channel::Ssh {
            for reverse in [false, true] {
                let outcome = supervised(self.ctx, |control| {
                    self.over_socket(job, reverse, &mut tried, &mut program, control)
                })?;
                if let Some(outcome) = outcome {
                    return Ok(outcome);
                }
            }
            self.detours.note(node, &tried.join("; "));
        }
        if channel != Channel::Direct {
            if channel == Channel::Auto {
                let why = tried.join("; ");
                self.ctx.log(&format!("no direct connection, going through ssh: {why}"));
            }
            let outcome =
                supervised(self.ctx, |control| self.over_ssh(job, program, &mut tried, control))?;
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
        }
        Err(OperationError::new(
            ErrorKind::Connection,
            format!(
                "no data channel from {node} to {}; tried: {}",
                self.ctx.node(),
                tried.join("; ")
            ),
        )
        .help(ADVICE))
    }

    /// A connection of its own: made by the source, or with `reverse` by us.
    /// None if no connection could be made.
    fn over_socket(
        &self,
        job: &Job<'_>,
        reverse: bool,
        tried: &mut Vec<String>,
        program: &mut Option<String>,
        control: &Control<'_>,
    ) -> Result<Option<Outcome>, OperationError> {
        let network = &self.input.network;
        let (here, there) = (self.ctx.node(), &*self.input.source_node);
        let listener = match (!reverse).then(|| listen(network.ports.as_deref(), self.ctx)) {
            None => None,
            Some(listening) => match listening? {
                Ok(listener) => Some(listener),
                Err(NoPort(why)) => {
                    tried.push(format!("{here} {why}"));
                    return Ok(None);
                }
            },
        };
        let hello = self.hello(reverse)?;
        program.clone_from(&hello.program);
        if let Some(why) = hello.refused {
            tried.push(format!("{there} {why}"));
            return Ok(None);
        }
        let key = identity(network.encryption)?;
        let token = Token::random()?;
        let certificate = key.as_ref().map(|key| key.certificate());
        let peer = Credentials { token: token.clone(), certificate: hello.certificate };
        let end = End { identity: key, peer, wait: self.wait };
        let addresses = listener.as_ref().map(|l| self.own_addresses(l.port()));
        let input = SendInput {
            session: hello.session,
            credentials: Credentials { token, certificate },
            addresses: addresses.unwrap_or_default(),
            connect_timeout: network.connect_timeout.max(1),
        };
        std::thread::scope(|scope| {
            let (answers, answer) = bounded(1);
            let _guard = control.guard();
            control.spawn(scope, move || {
                let output = self.call::<_, SendOutput>("transfer.send", &input);
                match output {
                    Ok(output) => drop(answers.send(output)),
                    Err(error) => control.fail(error),
                }
            });
            let link = if let Some(listener) = listener {
                // The port is free again as soon as this is over.
                welcome(&end, &listener, control, &|| !answer.is_empty())
            } else {
                let addresses = self.source_addresses(hello.port.unwrap_or(0));
                dial(&end, &addresses, control).map(|link| match link {
                    Ok(link) => Some(link),
                    Err(Unreached(why)) => {
                        tried.extend(why.into_iter().map(|w| format!("{here} to {w}")));
                        None
                    }
                })
            };
            let link = link?;
            if let Some(link) = link {
                let outcome = receive(link, job, control);
                if let Err(error) = &outcome {
                    // Ends the sender, for which this thread's scope waits.
                    control.fail(error.clone());
                }
                return outcome.map(Some);
            }
            if let Ok(output) = answer.recv() {
                let why = output.unreached.into_iter();
                tried.extend(why.map(|w| format!("{there} to {w}")));
            }
            control.check()?;
            Ok(None)
        })
    }

    /// A pipe through the system's `ssh`.
    fn over_ssh(
        &self,
        job: &Job<'_>,
        program: Option<String>,
        tried: &mut Vec<String>,
        control: &Control<'_>,
    ) -> Result<Option<Outcome>, OperationError> {
        let program = match program {
            Some(program) => program,
            None => self.hello(false)?.program.unwrap_or_else(|| "ledama".to_string()),
        };
        let mut route = self.input.network.ssh.clone();
        if route.address.is_none() {
            route.address = self.input.network.source_addresses.first().cloned();
        }
        let node = &self.input.source_node;
        match Client::start(&route, node, &program, self.wait, control)? {
            Ok((client, link)) => {
                let job = Job { tell_source: true, ..job.clone() };
                let outcome = receive(link, &job, control);
                if let Err(error) = &outcome {
                    control.fail(error.clone());
                }
                drop(client);
                outcome.map(Some)
            }
            Err(why) => {
                tried.push(why);
                Ok(None)
            }
        }
    }

    fn hello(&self, listen: bool) -> Result<HelloOutput, OperationError> {
        let input = HelloInput {
            source: self.input.source.clone(),
            encryption: self.input.network.encryption,
            listen,
            ports: self.input.network.ports.clone(),
        };
        self.call("transfer.hello", &input)
    }

    fn call<I: Serialize, O: DeserializeOwned>(
        &self,
        operation: &str,
        input: &I,
    ) -> Result<O, OperationError> {
        let internal = |e: serde_json::Error| {
            OperationError::new(ErrorKind::Internal, format!("`{operation}`: {e}"))
        };
        let input = serde_json::to_value(input).map_err(internal)?;
        let output = self.ctx.call(&self.input.source_node, operation, input)?;
        serde_json::from_value(output).map_err(internal)
    }

    /// Addresses under which the source may reach this node: those of the
    /// configuration, then what this machine calls itself towards the source.
    fn own_addresses(&self, port: u16) -> Vec<String> {
        let network = &self.input.network;
        let mut hosts = network.addresses.clone();
        let found = self.source_hosts().into_iter().filter_map(|host| own_address_towards(&host));
        hosts.extend(found.map(|address| address.to_string()));
        if hosts.is_empty() {
            hosts.push(self.ctx.node().to_string());
        }
        unique(hosts).iter().map(|host| join(host, port)).collect()
    }

    fn source_addresses(&self, port: u16) -> Vec<String> {
        self.source_hosts().iter().map(|host| join(host, port)).collect()
    }

    /// The configured addresses of the source's node, or its name.
    fn source_hosts(&self) -> Vec<String> {
        let hosts = self.input.network.source_addresses.clone();
        if hosts.is_empty() { vec![self.input.source_node.clone()] } else { unique(hosts) }
    }
}

fn unique(mut hosts: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    hosts.retain(|host| seen.insert(host.clone()));
    hosts
}
