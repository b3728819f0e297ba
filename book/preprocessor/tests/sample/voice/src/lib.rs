//! How something sounds.

/// Makes a sound.
pub trait Voice {
    /// The sound.
    fn sound(&self) -> String;
}
