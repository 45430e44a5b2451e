//! What the whole application shares: small `Copy` handles, provided once in `app`.

mod clock;
mod clusters;
mod links;
mod nav;
mod palette;
mod theme;
mod toasts;

pub use clock::Clock;
pub use clusters::Clusters;
pub use links::Links;
pub use nav::Nav;
pub use palette::{Palette, PaletteGroup, PaletteItem, PaletteTarget};
pub use theme::{Theme, ThemeChoice};
pub use toasts::{Toast, ToastQueue, Toasts};
