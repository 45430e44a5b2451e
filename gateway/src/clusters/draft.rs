//! Clusters typed into the console's form.

use drawbridge_kafka::{ConnectionSettings, Properties};
use drawbridge_shared::{
    draft::{ClusterDraft, FieldError},
    guard::Guards,
    names::ClusterName,
    view::{ClusterKind, ClusterOrigin},
};

use super::ClusterSpec;
use crate::refusal::Refusal;

/// What the form's text is called in messages.
const SOURCE: &str = "the properties";

/// The draft's text as properties.
///
/// # Errors
/// `Invalid`, at the field `properties`.
pub fn properties_of(draft: &ClusterDraft) -> Result<Properties, Refusal> {
    Properties::parse(&draft.properties, SOURCE)
        .map_err(|fault| Refusal::of_fields(vec![FieldError::new("properties", fault.to_string())]))
}

/// What properties mean for a connection.
///
/// # Errors
/// `Invalid`, one error per wrong key, all at the field `properties`.
pub fn settings_fields(properties: &Properties) -> Result<ConnectionSettings, Refusal> {
    ConnectionSettings::from_properties(properties).map_err(|faults| {
        let at = |fault: &drawbridge_kafka::SettingFault| {
            FieldError::new("properties", fault.to_string())
        };
        Refusal::of_fields(faults.iter().map(at).collect())
    })
}

/// The cluster a draft describes.
pub(super) fn spec_of(
    draft: &ClusterDraft,
    name: &ClusterName,
    origin: ClusterOrigin,
) -> Result<ClusterSpec, Refusal> {
    let settings = settings_fields(&properties_of(draft)?)?;
    let (name, guards) = (name.clone(), Guards::default());
    Ok(ClusterSpec { name, kind: ClusterKind::Kafka, origin, settings, guards })
}
