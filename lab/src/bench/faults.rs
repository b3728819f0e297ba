//! What goes wrong in production, by command.

use std::time::Duration;

use crate::board::State;
use crate::console::command::Fault;
use lab::recorder::{Pattern, REDIS};

use super::{Bench, Printed};

impl Bench {
    /// Does this to a node.
    pub(super) async fn node_fault(&mut self, fault: Fault, name: &str) -> Printed {
        let state = self.board.state(name);
        self.node(name)?;
        match fault {
            Fault::Start if state != State::Dead => Err(format!("{name} runs")),
            Fault::Start => self.start_node(name).await,
            Fault::Kill => self.kill_node(name),
            Fault::Drain | Fault::Pause | Fault::Resume => {
                self.signal_node(fault, name, state)
            }
        }
    }

    async fn start_node(&mut self, name: &str) -> Printed {
        let (settings, board) = (self.settings.clone(), self.board.clone());
        self.node(name)?.start(&settings, &board).await?;
        Ok(self.remark(name, &format!("{name} is up again")))
    }

    fn kill_node(&mut self, name: &str) -> Printed {
        self.node(name)?.process()?;
        self.recorder.killed(name);
        self.node(name)?.kill();
        self.board.set(name, State::Dead, None);
        Ok(format!("({name} is killed)"))
    }

    fn signal_node(&mut self, fault: Fault, name: &str, state: State) -> Printed {
        let rows = self.board.rows();
        let address = rows.iter().find(|row| row.name == name);
        let address = address.and_then(|row| row.address);
        let process = self.node(name)?.process()?;
        let (state, text) = match (fault, state) {
            (Fault::Pause, State::Paused) => {
                return Err(format!("{name} is paused"));
            }
            (Fault::Pause, _) => (State::Paused, "is paused"),
            (Fault::Resume, State::Paused) => (State::Up, "continues"),
            (Fault::Resume, _) => return Err(format!("{name} is not paused")),
            _ => (State::Draining, "is asked to end"),
        };
        // Written down before it is done: what follows from it comes later.
        let printed = format!("{name} {text}");
        match state {
            State::Paused => process.pause(),
            State::Up => process.resume(),
            _ => process.terminate(),
        }
        self.board.set(name, state, address);
        Ok(self.remark(name, &printed))
    }

    /// Does this to Redis.
    pub(super) async fn redis_fault(&mut self, fault: Fault) -> Printed {
        let state = self.board.state(REDIS);
        let redis = self.redis()?;
        let (next, text) = match (fault, state) {
            (Fault::Start, State::Dead) => (State::Up, "is up again"),
            (Fault::Start, _) => return Err("Redis runs".into()),
            (_, State::Dead) => return Err("Redis does not run".into()),
            (Fault::Pause, _) => (State::Paused, "is paused"),
            (Fault::Resume, State::Paused) => (State::Up, "continues"),
            (Fault::Resume, _) => return Err("Redis is not paused".into()),
            (Fault::Kill | Fault::Drain, _) => (State::Dead, "is stopped"),
        };
        match fault {
            Fault::Start => redis.start_again().await?,
            Fault::Pause => redis.server.pause(),
            Fault::Resume => redis.server.resume(),
            Fault::Kill | Fault::Drain => redis.server.kill(),
        }
        self.board.set(REDIS, next, None);
        Ok(self.remark(REDIS, &format!("Redis {text}")))
    }

    /// Delays each command to Redis, or no longer.
    pub(super) fn slow_redis(&mut self, time: Option<Duration>) -> Printed {
        self.redis()?;
        let to_redis = Pattern::default().to(REDIS);
        self.recorder.slow(time.map(|time| (to_redis, time)));
        let text = match time {
            Some(time) => format!("each command to Redis takes {time:?} longer"),
            None => "commands to Redis are no longer delayed".to_owned(),
        };
        Ok(self.remark(REDIS, &text))
    }

    fn remark(&self, about: &str, text: &str) -> String {
        self.recorder.remark(&[about], text);
        format!("({text})")
    }
}
