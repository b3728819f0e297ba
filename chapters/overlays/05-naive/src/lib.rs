//! A wrong turn: chapter 05 with a store that reads, changes and writes back. The
//! book shows how it loses updates, and leaves it.

pub mod sessions {
    //! Only the store differs.
    pub mod redis;
}
