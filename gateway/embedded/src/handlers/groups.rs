//! Group membership: join, sync, heartbeat, leave, list, describe, delete.

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse,
    GroupId, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse,
    LeaveGroupRequest, LeaveGroupResponse, ListGroupsRequest, ListGroupsResponse, SyncGroupRequest,
    SyncGroupResponse,
    delete_groups_response::DeletableGroupResult,
    describe_groups_response::{DescribedGroup, DescribedGroupMember},
    join_group_response::JoinGroupResponseMember,
    leave_group_response::MemberResponse,
    list_groups_response::ListedGroup,
};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{NO_OPERATIONS, code, text};
use crate::acl::{operation, resource};
use crate::group::{Group, JoinReply, JoinRequest, Phase};
use crate::session::Context;
use crate::state::State;

const MAX_SESSION_MS: i64 = 1_800_000;

fn admit<'s>(cx: &Context, state: &'s mut State, name: &str) -> Result<&'s mut Group, Code> {
    if name.is_empty() {
        return Err(Code::InvalidGroupId);
    }
    cx.may_on_group(state, operation::READ, name)?;
    cx.coordinates(state, name)?;
    state.groups.get_mut(name).ok_or(Code::UnknownMemberId)
}

pub(crate) async fn join_group(cx: &Context, request: JoinGroupRequest) -> JoinGroupResponse {
    let member_id = request.member_id.to_string();
    let reply = match begin_join(cx, &request) {
        Err(code) => JoinReply::refused(code, &member_id),
        Ok(waiting) => tokio::select! {
            reply = waiting => {
                reply.unwrap_or_else(|_| JoinReply::refused(Code::UnknownMemberId, &member_id))
            }
            () = cx.gone.cancelled() => JoinReply::refused(Code::UnknownMemberId, &member_id),
        },
    };
    let members = reply.members.into_iter().map(|(id, instance, metadata)| {
        let mut out =
            JoinGroupResponseMember::default().with_member_id(text(id)).with_metadata(metadata);
        if cx.version >= 5 {
            out.group_instance_id = instance.map(text);
        }
        out
    });
    let mut out = JoinGroupResponse::default()
        .with_error_code(reply.error.map_or(0, |e| e.code()))
        .with_generation_id(reply.generation)
        .with_protocol_name(Some(text(reply.protocol)))
        .with_leader(text(reply.leader))
        .with_member_id(text(reply.member_id))
        .with_members(members.collect());
    if cx.version >= 7 {
        out.protocol_type = Some(text(reply.protocol_type));
    }
    if cx.version >= 9 {
        out.skip_assignment = reply.skip_assignment;
    }
    out
}

fn begin_join(
    cx: &Context,
    request: &JoinGroupRequest,
) -> Result<oneshot::Receiver<JoinReply>, Code> {
    let mut state = cx.shared.lock();
    let name = request.group_id.as_str();
    let shortest = state.spec.group_min_session_timeout_ms;
    let initial_delay_ms = state.spec.group_initial_rebalance_delay_ms;
    match admit(cx, &mut state, name) {
        Ok(_) => {}
        Err(Code::UnknownMemberId) if request.member_id.is_empty() => {}
        Err(code) => return Err(code),
    }
    let session_ms = i64::from(request.session_timeout_ms);
    if !(shortest..=MAX_SESSION_MS).contains(&session_ms) {
        return Err(Code::InvalidSessionTimeout);
    }
    let rebalance_ms =
        if cx.version >= 1 { i64::from(request.rebalance_timeout_ms).max(0) } else { session_ms };
    let instance_id = request.group_instance_id.as_ref().map(|i| i.to_string());
    let stem = instance_id.clone().unwrap_or_else(|| cx.client_id.clone());
    let joining = JoinRequest {
        member_id: request.member_id.to_string(),
        instance_id,
        client_id: cx.client_id.clone(),
        host: format!("/{}", cx.host),
        session_ms,
        rebalance_ms,
        protocol_type: request.protocol_type.to_string(),
        protocols: request
            .protocols
            .iter()
            .map(|p| (p.name.to_string(), p.metadata.clone()))
            .collect(),
        needs_known_id: cx.version >= 4,
        can_skip: cx.version >= 9,
        new_id: format!("{stem}-{}", Uuid::new_v4()),
        initial_delay_ms,
    };
    let (sender, receiver) = oneshot::channel();
    state.group(name, cx.now).join(cx.now, joining, sender);
    Ok(receiver)
}

pub(crate) async fn sync_group(cx: &Context, request: SyncGroupRequest) -> SyncGroupResponse {
    let waiting = {
        let mut state = cx.shared.lock();
        admit(cx, &mut state, &request.group_id).map(|group| {
            let (sender, receiver) = oneshot::channel();
            let instance = request.group_instance_id.as_ref().map(|i| i.as_str());
            let given = |v: &Option<kafka_protocol::protocol::StrBytes>| {
                v.as_ref().filter(|_| cx.version >= 5).map(ToString::to_string)
            };
            let (kind, protocol) = (given(&request.protocol_type), given(&request.protocol_name));
            let assignments = request.assignments.iter();
            let assignments =
                assignments.map(|a| (a.member_id.to_string(), a.assignment.clone())).collect();
            group.sync(
                cx.now,
                (&request.member_id, instance, request.generation_id),
                (kind.as_deref(), protocol.as_deref()),
                assignments,
                sender,
            );
            receiver
        })
    };
    let mut out = SyncGroupResponse::default();
    let reply = match waiting {
        Err(code) => return out.with_error_code(code.code()),
        Ok(waiting) => tokio::select! {
            reply = waiting => reply,
            () = cx.gone.cancelled() => return out.with_error_code(Code::UnknownMemberId.code()),
        },
    };
    // The sender is dropped when the member was removed while it waited.
    let Ok(reply) = reply else { return out.with_error_code(Code::UnknownMemberId.code()) };
    out =
        out.with_error_code(reply.error.map_or(0, |e| e.code())).with_assignment(reply.assignment);
    if cx.version >= 5 && reply.error.is_none() {
        out.protocol_type = Some(text(reply.protocol_type));
        out.protocol_name = Some(text(reply.protocol));
    }
    out
}

pub(crate) async fn heartbeat(cx: &Context, request: HeartbeatRequest) -> HeartbeatResponse {
    let mut state = cx.shared.lock();
    let instance = request.group_instance_id.as_ref().map(|i| i.as_str());
    let done = admit(cx, &mut state, &request.group_id).and_then(|group| {
        group.heartbeat(cx.now, &request.member_id, instance, request.generation_id)
    });
    HeartbeatResponse::default().with_error_code(code(&done))
}

pub(crate) async fn leave_group(cx: &Context, request: LeaveGroupRequest) -> LeaveGroupResponse {
    let mut state = cx.shared.lock();
    let group = match admit(cx, &mut state, &request.group_id) {
        Ok(group) => group,
        Err(code) => return LeaveGroupResponse::default().with_error_code(code.code()),
    };
    if cx.version < 3 {
        let done = group.leave(cx.now, &request.member_id, None);
        return LeaveGroupResponse::default().with_error_code(code(&done));
    }
    let members = request.members.iter().map(|m| {
        let instance = m.group_instance_id.as_ref().map(|i| i.as_str());
        MemberResponse::default()
            .with_member_id(m.member_id.clone())
            .with_group_instance_id(m.group_instance_id.clone())
            .with_error_code(code(&group.leave(cx.now, &m.member_id, instance)))
    });
    let members = members.collect();
    LeaveGroupResponse::default().with_members(members)
}

pub(crate) async fn list_groups(cx: &Context, request: ListGroupsRequest) -> ListGroupsResponse {
    let state = cx.shared.lock();
    let all = cx.may_on_cluster(&state, operation::DESCRIBE).is_ok();
    let states: Vec<String> = request.states_filter.iter().map(|s| s.to_lowercase()).collect();
    let types: Vec<String> = request.types_filter.iter().map(|s| s.to_lowercase()).collect();
    let groups = state
        .groups
        .iter()
        .filter(|(name, _)| state.coordinator(name) == Some(cx.broker))
        .filter(|(name, _)| all || cx.may_on_group(&state, operation::DESCRIBE, name).is_ok())
        .filter(|(_, g)| states.is_empty() || states.contains(&g.phase.name().to_lowercase()))
        .filter(|_| types.is_empty() || types.iter().any(|t| t == "classic"))
        .map(|(name, g)| {
            let mut out = ListedGroup::default()
                .with_group_id(GroupId(text(name.clone())))
                .with_protocol_type(text(g.protocol_type.clone()));
            if cx.version >= 4 {
                out.group_state = text(g.phase.name());
            }
            if cx.version >= 5 {
                out.group_type = text("classic");
            }
            out
        });
    let groups = groups.collect();
    ListGroupsResponse::default().with_groups(groups)
}

pub(crate) async fn describe_groups(
    cx: &Context,
    request: DescribeGroupsRequest,
) -> DescribeGroupsResponse {
    let state = cx.shared.lock();
    let groups = request.groups.iter().map(|id| {
        let mut out = DescribedGroup::default()
            .with_group_id(id.clone())
            .with_authorized_operations(NO_OPERATIONS);
        let found = cx
            .may_on_group(&state, operation::DESCRIBE, id)
            .and_then(|()| cx.coordinates(&state, id))
            .map(|()| state.groups.get(id.as_str()));
        match found {
            Err(refused) => out.error_code = refused.code(),
            Ok(None) => {
                out.group_state = text("Dead");
                if cx.version >= 6 {
                    out.error_code = Code::GroupIdNotFound.code();
                    out.error_message = Some(text(format!("Group {} not found.", id.as_str())));
                }
            }
            Ok(Some(group)) => describe(&mut out, group, cx.version),
        }
        if cx.version >= 3 && request.include_authorized_operations && out.error_code == 0 {
            out.authorized_operations = state.authorizer.operations(cx.who(), resource::GROUP, id);
        }
        out
    });
    let groups = groups.collect();
    DescribeGroupsResponse::default().with_groups(groups)
}

fn describe(out: &mut DescribedGroup, group: &Group, version: i16) {
    out.group_state = text(group.phase.name());
    out.protocol_type = text(group.protocol_type.clone());
    let settled = group.phase == Phase::Stable;
    if settled {
        out.protocol_data = text(group.protocol.clone());
    }
    let members = group.members.iter().map(|(id, m)| {
        let mut out = DescribedGroupMember::default()
            .with_member_id(text(id.clone()))
            .with_client_id(text(m.client_id.clone()))
            .with_client_host(text(m.host.clone()));
        if version >= 4 {
            out.group_instance_id = m.instance_id.clone().map(text);
        }
        if settled {
            out.member_metadata = m.metadata(&group.protocol);
            out.member_assignment = m.assignment.clone();
        }
        out
    });
    out.members = members.collect();
}

pub(crate) async fn delete_groups(
    cx: &Context,
    request: DeleteGroupsRequest,
) -> DeleteGroupsResponse {
    let mut state = cx.shared.lock();
    let results = request.groups_names.iter().map(|id| {
        let done = cx
            .may_on_group(&state, operation::DELETE, id)
            .and_then(|()| cx.coordinates(&state, id))
            .and_then(|()| match state.groups.get(id.as_str()) {
                None => Err(Code::GroupIdNotFound),
                Some(group) if group.phase != Phase::Empty => Err(Code::NonEmptyGroup),
                Some(_) => Ok(()),
            });
        if done.is_ok() {
            state.groups.remove(id.as_str());
        }
        DeletableGroupResult::default().with_group_id(id.clone()).with_error_code(code(&done))
    });
    let results = results.collect();
    DeleteGroupsResponse::default().with_results(results)
}
