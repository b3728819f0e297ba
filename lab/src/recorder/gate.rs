//! Holds, cuts and delays: what is to happen to the next message that matches.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Recorder;
use super::record::{Entry, What};

/// How long a message that is to be held is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which message is meant: every part that is given must fit.
#[derive(Debug, Clone, Default)]
pub struct Pattern {
    from: Option<String>,
    to: Option<String>,
    words: Vec<String>,
}

impl Pattern {
    /// A message that this participant sends.
    pub fn from(name: &str) -> Self {
        Self { from: Some(name.to_owned()), ..Self::default() }
    }

    /// A message to this participant.
    pub fn to(mut self, name: &str) -> Self {
        self.to = Some(name.to_owned());
        self
    }

    /// A message that has these words in it. Of HTTP: the first line, the headers,
    /// the body; of an event, its fields; of Redis, the name of the command or the
    /// file name of the script, the keys and arguments, or the reply behind the name
    /// of the command that it answers.
    pub fn with(mut self, words: &str) -> Self {
        self.words.push(words.to_owned());
        self
    }

    fn fits(&self, [from, to]: [&str; 2], text: &str) -> bool {
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == name)
        };
        is(&self.from, from)
            && is(&self.to, to)
            && self.words.iter().all(|words| text.contains(words.as_str()))
    }
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It passes.
    Pass,
    /// It passes later.
    Delay(Duration),
    /// The connection is closed in its place.
    Cut,
    /// Half of it passes, and the connection is closed.
    CutWithin,
    /// It passes, and the connection is closed.
    CutAfter,
}

#[derive(Debug)]
enum Rule {
    Fate(Fate),
    Hold {
        arrived: oneshot::Sender<Entry>,
        fate: oneshot::Receiver<(Fate, oneshot::Sender<()>)>,
    },
}

/// The rules that have not been used yet, each for one message; and what makes all
/// messages of a kind slow.
#[derive(Debug, Default)]
pub struct Gate {
    rules: Mutex<Vec<(Pattern, Rule)>>,
    slow: Mutex<Option<(Pattern, Duration)>>,
}

/// A message that is held back, or will be. Dropping this lets it pass.
#[derive(Debug)]
pub struct Held {
    arrived: oneshot::Receiver<Entry>,
    fate: oneshot::Sender<(Fate, oneshot::Sender<()>)>,
    pattern: Pattern,
    /// Where to write that it is held, if that is part of the story.
    noted: Option<Recorder>,
}

impl Held {
    /// Waits until the proxy holds the message. Here, and not when it comes, it is
    /// written down that it is held: when it comes is chance.
    ///
    /// # Panics
    /// If it does not come in time. That is how a story fails.
    pub async fn arrived(&mut self) {
        let come = timeout(PATIENCE, &mut self.arrived).await;
        let Ok(Ok(entry)) = come else { panic!("never came: {:?}", self.pattern) };
        if let Some(recorder) = &self.noted {
            recorder.write(|record| record.add(entry));
        }
    }

    /// Lets it pass, and returns when it is written down.
    pub async fn release(self) {
        self.decide(Fate::Pass).await;
    }

    /// Closes its connection instead.
    pub async fn cut(self) {
        self.decide(Fate::Cut).await;
    }

    async fn decide(self, fate: Fate) {
        let (done, is_done) = oneshot::channel();
        // An error means that its connection is gone already.
        let _ = self.fate.send((fate, done));
        let _ = timeout(PATIENCE, is_done).await;
    }
}

impl Gate {
    /// The next message that matches has this fate.
    pub fn rule(&self, pattern: Pattern, fate: Fate) {
        self.add(pattern, Rule::Fate(fate));
    }

    /// The next message that matches is held back; `noted` is told so.
    pub fn hold(&self, pattern: Pattern, noted: Option<Recorder>) -> Held {
        let (arrived, has_arrived) = oneshot::channel();
        let (decided, fate) = oneshot::channel();
        self.add(pattern.clone(), Rule::Hold { arrived, fate });
        Held { arrived: has_arrived, fate: decided, pattern, noted }
    }

    /// All messages that match wait, until another rule takes the place of this one.
    pub fn slow(&self, rule: Option<(Pattern, Duration)>) {
        *self.slow.lock().unwrap_or_else(PoisonError::into_inner) = rule;
    }

    fn slowness(&self, who: [&str; 2], text: &str) -> Option<Duration> {
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        let (pattern, time) = slow.as_ref()?;
        pattern.fits(who, text).then_some(*time)
    }

    fn add(&self, pattern: Pattern, rule: Rule) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.push((pattern, rule));
    }

    /// Waits until it is decided what becomes of a message. Dropping the second part
    /// tells the story that the message is written down.
    pub async fn pass(
        &self,
        who: [&str; 2],
        text: &str,
        what: &What,
    ) -> (Fate, Option<oneshot::Sender<()>>) {
        if let Some(time) = self.slowness(who, text) {
            tokio::time::sleep(time).await;
        }
        match self.take(who, text) {
            None => (Fate::Pass, None),
            Some(Rule::Fate(Fate::Delay(time))) => {
                tokio::time::sleep(time).await;
                (Fate::Pass, None)
            }
            Some(Rule::Fate(fate)) => (fate, None),
            Some(Rule::Hold { arrived, fate }) => {
                let held = What::Held(Box::new(what.clone()));
                let _ = arrived.send(Entry::message(who[0], who[1], held));
                let decided = fate.await.ok();
                decided
                    .map_or((Fate::Pass, None), |(fate, done)| (fate, Some(done)))
            }
        }
    }

    fn take(&self, who: [&str; 2], text: &str) -> Option<Rule> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let at = rules.iter().position(|(pattern, _)| pattern.fits(who, text))?;
        Some(rules.remove(at).1)
    }
}
