//! Vocabulary of Drawbridge, and the protocol between gateway and console.
