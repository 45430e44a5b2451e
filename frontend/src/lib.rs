//! The Drawbridge console (Leptos, WebAssembly).
