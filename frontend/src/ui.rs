//! Building blocks that know nothing of Drawbridge.
//!
//! Every interactive one has a role and a name, tells why it is disabled, and works by keyboard.

mod badge;
mod button;
mod cells;
mod chart;
mod copy;
mod dialog;
mod empty;
mod field;
mod head;
mod id;
mod json;
mod menu;
mod note;
mod search;
mod show;
mod skeleton;
mod sparkline;
mod table;
mod tabs;

pub use badge::{Badge, Shape, StateRole};
pub use button::{Button, ButtonKind, LinkButton};
pub use cells::{Age, Bytes, Count, Estimate, Marked};
pub use chart::Chart;
pub use copy::{CopyBlock, CopyButton};
pub use dialog::{Dialog, DialogActions, DialogCancel, TypedName};
pub use empty::EmptyState;
pub use field::{SelectField, TextArea, TextField, Toggle};
pub use head::{Fact, PageHead, Panel};
pub use id::fresh_id;
pub use json::JsonTree;
pub use menu::{Menu, MenuItem};
pub use note::{ErrorNote, Note};
pub use search::SearchField;
pub use show::Show;
pub use skeleton::Skeleton;
pub use sparkline::Sparkline;
pub use table::{Column, DataTable, Rows, Sorted};
pub use tabs::{Tab, Tabs};
