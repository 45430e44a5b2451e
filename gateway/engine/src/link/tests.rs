use proptest::prelude::*;

use super::*;

const SETTINGS: LinkSettings = LinkSettings { paused: false, check_ms: 1_000, threshold: 3 };

fn refused() -> LinkInput {
    LinkInput::Checked(Err(Trouble {
        error: LinkError::Authentication,
        message: "wrong password".to_owned(),
    }))
}

fn give(link: &mut Link, now: i64, input: LinkInput) -> Vec<LinkEffect> {
    let mut effects = Vec::new();
    link.handle(Millis(now), input, &mut effects);
    effects
}

fn active() -> Link {
    let mut link = Link::new(Millis(0), None);
    assert!(give(&mut link, 0, LinkInput::Configured(SETTINGS)).contains(&LinkEffect::Check));
    give(&mut link, 1, LinkInput::Checked(Ok(())));
    assert_eq!(link.view().state, LinkState::Active);
    link
}

#[test]
fn so_many_failures_in_a_row_make_it_unavailable_and_one_success_active_again() {
    let mut link = active();
    for (round, state) in
        [(1, LinkState::Active), (2, LinkState::Active), (3, LinkState::Unavailable)]
    {
        let effects = give(&mut link, round * 1_000, LinkInput::Tick);
        assert!(effects.contains(&LinkEffect::Check));
        give(&mut link, round * 1_000 + 1, refused());
        assert_eq!(link.view().state, state);
        assert_eq!(link.view().error, LinkError::Authentication, "shown from the first failure on");
    }
    give(&mut link, 4_000, LinkInput::Tick);
    let effects = give(&mut link, 4_001, LinkInput::Checked(Ok(())));
    assert!(
        effects
            .contains(&LinkEffect::Changed { from: LinkState::Unavailable, to: LinkState::Active })
    );
    assert_eq!(link.view().error, LinkError::NoError);
}

#[test]
fn configs_that_are_put_in_force_anew_are_checked_at_once() {
    let mut link = active();
    let effects = give(&mut link, 10, LinkInput::Configured(SETTINGS));
    assert!(effects.contains(&LinkEffect::Check), "the same settings may lead to another cluster");
}

#[test]
fn a_paused_link_checks_nothing_and_checks_at_once_when_it_goes_on() {
    let mut link = active();
    give(&mut link, 10, LinkInput::Configured(LinkSettings { paused: true, ..SETTINGS }));
    assert_eq!(link.view().state, LinkState::Paused);
    assert_eq!(give(&mut link, 9_000, LinkInput::Tick), []);
    let effects = give(&mut link, 9_001, LinkInput::Configured(SETTINGS));
    assert!(effects.contains(&LinkEffect::Check));
    assert_eq!(link.view().state, LinkState::Active);
}

#[test]
fn unusable_configs_fail_it_until_they_are_changed() {
    let mut link = active();
    give(&mut link, 10, LinkInput::Unusable("password.encoder.secret is not the one".to_owned()));
    assert_eq!(link.view().state, LinkState::Failed);
    assert!(link.view().message.unwrap().contains("password.encoder.secret"));
    give(&mut link, 20, LinkInput::Checked(Ok(())));
    assert_eq!(link.view().state, LinkState::Failed, "no check repairs that");
    give(&mut link, 30, LinkInput::Configured(SETTINGS));
    assert_eq!(link.view().state, LinkState::Active);
}

proptest! {
    #[test]
    fn one_check_at_a_time_none_while_paused_and_a_success_always_leads_to_active(
        inputs in proptest::collection::vec((0..6_u8, 1..1_500_i64), 0..60),
    ) {
        let mut link = Link::new(Millis(0), None);
        let mut now = 0;
        let mut checking = false;
        let mut paused = false;
        give(&mut link, 0, LinkInput::Configured(SETTINGS)).contains(&LinkEffect::Check).then(|| checking = true);
        for (kind, passed) in inputs {
            now += passed;
            let input = match kind {
                0 | 1 => LinkInput::Tick,
                2 if checking => { checking = false; LinkInput::Checked(Ok(())) }
                3 if checking => { checking = false; refused() }
                4 => { paused = !paused; LinkInput::Configured(LinkSettings { paused, ..SETTINGS }) }
                _ => LinkInput::Tick,
            };
            for effect in give(&mut link, now, input) {
                if effect == LinkEffect::Check {
                    prop_assert!(!checking && !paused);
                    checking = true;
                }
            }
            prop_assert_eq!(link.view().state == LinkState::Paused, paused);
        }
        if paused {
            for effect in give(&mut link, now, LinkInput::Configured(SETTINGS)) {
                checking |= effect == LinkEffect::Check;
            }
        }
        for effect in give(&mut link, now + 1_000, LinkInput::Tick) {
            checking |= effect == LinkEffect::Check;
        }
        prop_assert!(checking);
        give(&mut link, now + 1_001, LinkInput::Checked(Ok(())));
        prop_assert_eq!(link.view().state, LinkState::Active);
    }
}
