//! Access rules: DescribeAcls, CreateAcls, DeleteAcls.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    CreateAclsRequest, CreateAclsResponse, DeleteAclsRequest, DeleteAclsResponse,
    DescribeAclsRequest, DescribeAclsResponse,
    create_acls_request::AclCreation,
    create_acls_response::AclCreationResult,
    delete_acls_response::{DeleteAclsFilterResult, DeleteAclsMatchingAcl},
    describe_acls_response::{AclDescription, DescribeAclsResource},
};
use kafka_protocol::protocol::StrBytes;

use super::{explained, text};
use crate::acl::{Acl, CLUSTER_NAME, Filter, operation, pattern, permission, resource};
use crate::incoming::Refusal;
use crate::session::Context;
use crate::state::State;

fn enabled(cx: &Context, state: &State, wanted: i8) -> Result<(), Refusal> {
    if !state.authorizer.enabled {
        return Err(Refusal::new(Code::SecurityDisabled, "No Authorizer is configured."));
    }
    Ok(cx.may_on_cluster(state, wanted)?)
}

fn owned(value: Option<&StrBytes>) -> Option<String> {
    value.map(ToString::to_string)
}

pub(crate) async fn describe_acls(
    cx: &Context,
    request: DescribeAclsRequest,
) -> DescribeAclsResponse {
    let state = cx.shared.lock();
    let allowed = enabled(cx, &state, operation::DESCRIBE);
    let (error_code, message) = explained(&allowed);
    let out =
        DescribeAclsResponse::default().with_error_code(error_code).with_error_message(message);
    if allowed.is_err() {
        return out;
    }
    let filter = Filter {
        resource_type: request.resource_type_filter,
        resource_name: owned(request.resource_name_filter.as_ref()),
        pattern_type: request.pattern_type_filter,
        principal: owned(request.principal_filter.as_ref()),
        host: owned(request.host_filter.as_ref()),
        operation: request.operation,
        permission: request.permission_type,
    };
    let mut by_resource: BTreeMap<(i8, String, i8), Vec<AclDescription>> = BTreeMap::new();
    for acl in state.authorizer.acls.iter().filter(|a| filter.matches(a)) {
        let key = (acl.resource_type, acl.resource_name.clone(), acl.pattern_type);
        by_resource.entry(key).or_default().push(
            AclDescription::default()
                .with_principal(text(acl.principal.clone()))
                .with_host(text(acl.host.clone()))
                .with_operation(acl.operation)
                .with_permission_type(acl.permission),
        );
    }
    let resources = by_resource.into_iter().map(|((kind, name, pattern_type), acls)| {
        DescribeAclsResource::default()
            .with_resource_type(kind)
            .with_resource_name(text(name))
            .with_pattern_type(pattern_type)
            .with_acls(acls)
    });
    out.with_resources(resources.collect())
}

pub(crate) async fn create_acls(cx: &Context, request: CreateAclsRequest) -> CreateAclsResponse {
    let mut state = cx.shared.lock();
    let allowed = enabled(cx, &state, operation::ALTER);
    let results = request.creations.iter().map(|creation| {
        let done = allowed.clone().and_then(|()| binding(creation)).map(|acl| {
            if !state.authorizer.acls.contains(&acl) {
                state.authorizer.acls.push(acl);
            }
        });
        let (error_code, message) = explained(&done);
        AclCreationResult::default().with_error_code(error_code).with_error_message(message)
    });
    let results = results.collect();
    CreateAclsResponse::default().with_results(results)
}

fn binding(creation: &AclCreation) -> Result<Acl, Refusal> {
    let refuse = |message: &str| Err(Refusal::new(Code::InvalidRequest, message));
    let acl = Acl {
        resource_type: creation.resource_type,
        resource_name: creation.resource_name.to_string(),
        pattern_type: creation.resource_pattern_type,
        principal: creation.principal.to_string(),
        host: creation.host.to_string(),
        operation: creation.operation,
        permission: creation.permission_type,
    };
    if !(resource::TOPIC..=7).contains(&acl.resource_type) {
        return refuse("the resource type must be a concrete one");
    }
    if acl.resource_type == resource::CLUSTER && acl.resource_name != CLUSTER_NAME {
        return refuse("The only valid name for the CLUSTER resource is kafka-cluster");
    }
    if acl.resource_name.is_empty() {
        return refuse("the resource name must not be empty");
    }
    if !matches!(acl.pattern_type, pattern::LITERAL | pattern::PREFIXED) {
        return refuse("the pattern type must be LITERAL or PREFIXED");
    }
    if !acl.principal.contains(':') {
        return refuse("the principal must have the form Type:name, such as User:ann");
    }
    if !(operation::ALL..=15).contains(&acl.operation) {
        return refuse("the operation must be a concrete one");
    }
    if !matches!(acl.permission, permission::ALLOW | permission::DENY) {
        return refuse("the permission must be ALLOW or DENY");
    }
    Ok(acl)
}

pub(crate) async fn delete_acls(cx: &Context, request: DeleteAclsRequest) -> DeleteAclsResponse {
    let mut state = cx.shared.lock();
    let allowed = enabled(cx, &state, operation::ALTER);
    let results = request.filters.iter().map(|f| {
        let (error_code, message) = explained(&allowed);
        let mut out = DeleteAclsFilterResult::default()
            .with_error_code(error_code)
            .with_error_message(message);
        if allowed.is_err() {
            return out;
        }
        let filter = Filter {
            resource_type: f.resource_type_filter,
            resource_name: owned(f.resource_name_filter.as_ref()),
            pattern_type: f.pattern_type_filter,
            principal: owned(f.principal_filter.as_ref()),
            host: owned(f.host_filter.as_ref()),
            operation: f.operation,
            permission: f.permission_type,
        };
        let acls = std::mem::take(&mut state.authorizer.acls);
        let (gone, kept): (Vec<Acl>, Vec<Acl>) = acls.into_iter().partition(|a| filter.matches(a));
        state.authorizer.acls = kept;
        let matching = gone.into_iter().map(|acl| {
            DeleteAclsMatchingAcl::default()
                .with_resource_type(acl.resource_type)
                .with_resource_name(text(acl.resource_name))
                .with_pattern_type(acl.pattern_type)
                .with_principal(text(acl.principal))
                .with_host(text(acl.host))
                .with_operation(acl.operation)
                .with_permission_type(acl.permission)
        });
        out.matching_acls = matching.collect();
        out
    });
    let results = results.collect();
    DeleteAclsResponse::default().with_filter_results(results)
}
