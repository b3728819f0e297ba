//! How long a page takes, in two ways of reading it.

use crate::figures::Figures;
use crate::prose;

/// How a page declares its times.
pub const FORM: &str = "**80 minutes** to read and paste, **130** to type";

/// Minutes of one page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minutes {
    /// To read all of it and paste its code.
    pub paste: usize,
    /// To type what is not given.
    pub typing: usize,
}

impl Minutes {
    /// Computes them: 6 typed lines a minute with imports, 50 lines a minute that are
    /// given or pasted, 2 minutes for each change of file, 200 words a minute, and 10
    /// minutes to run. Comments count.
    pub fn of(figures: &Figures) -> Self {
        let typed = figures.typed + figures.folded;
        let both = 2 * figures.visits + figures.words.div_ceil(200) + 10;
        Self {
            paste: (typed + figures.given).div_ceil(50) + both,
            typing: typed.div_ceil(6) + figures.given.div_ceil(50) + both,
        }
    }

    /// Reads what a page declares, in the [`FORM`].
    pub fn declared(source: &str) -> Option<Self> {
        prose::lines(source).iter().find_map(|(_, line)| {
            let line = prose::without_code(line);
            let (before, after) =
                line.split_once(" minutes** to read and paste, **")?;
            let paste = before.rsplit("**").next()?.parse().ok()?;
            let typing = after.split_once("** to type")?.0.parse().ok()?;
            Some(Self { paste, typing })
        })
    }
}
