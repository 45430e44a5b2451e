use proptest::prelude::*;

use super::*;

const DST: &str = "link.mode=DESTINATION\nconnection.mode=INBOUND\n";
const SRC: &str = "link.mode=SOURCE\nconnection.mode=OUTBOUND\n\n\
    bootstrap.servers=pkc-r2ymk.us-east-1:9092\nssl.endpoint.identification.algorithm=https\n\
    security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n\
    sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username='KEY' password='hush';\n\n\
    local.listener.name=SASL_PLAINTEXT\nlocal.security.protocol=SASL_PLAINTEXT\nlocal.sasl.mechanism=SCRAM-SHA-512\n\
    local.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" password=\"p\";\n";
const WHOLE: &str = "bootstrap.servers=pkc-r2ymk.us-east-1:9092\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n\
    sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username='KEY' password='hush';\n";

fn form() -> Form {
    Form {
        name: "from-on-prem-link".into(),
        source: Some("on-prem".parse().unwrap()),
        destination: Some("cloud".parse().unwrap()),
        ..Form::default()
    }
}

fn halves(form: &Form) -> Vec<Half> {
    form.halves(|name| Some(format!("id-{name}")))
}

#[test]
fn the_two_files_of_a_source_initiated_link_make_its_two_halves() {
    let (form, dst) = form().take(DST);
    let (form, src) = form.take(SRC);
    assert_eq!((dst.half, src.half), (Recognised::Destination, Recognised::Source));
    assert!(src.left_out.is_empty() && dst.left_out.is_empty());
    let halves = halves(&form);
    let said: Vec<String> = halves
        .iter()
        .map(|half| format!("{} {} {}", half.remote_id, words::half(half), words::dials(half)))
        .collect();
    assert_eq!(said, ["id-on-prem destination half is dialled", "id-cloud source half dials"]);
    assert_eq!(
        words::plan(&form, &halves)[0],
        "The destination half of from-on-prem-link on cloud: it owns the mirrors and all settings and is dialled."
    );
    assert!(halves.iter().all(|half| half.faults().is_empty()));
    let mut said = pairs(&halves[1].text);
    said.sort();
    let mut wanted = pairs(SRC);
    wanted.sort();
    assert_eq!(said, wanted);
    assert_eq!(halves[0].text, DST);
}

#[test]
fn a_file_without_modes_is_a_destination_initiated_link() {
    let (form, taken) = form().take(WHOLE);
    assert_eq!((taken.half, form.dials), (Recognised::Whole, Dials::Destination));
    let halves = halves(&form);
    assert_eq!((halves.len(), halves[0].remote_id.as_str()), (1, "id-on-prem"));
    assert!(halves[0].faults().is_empty());
    assert!(!is_link_file(WHOLE) && is_link_file(DST));
}

#[test]
fn behaviour_goes_to_the_half_of_the_destination_only() {
    let (mut form, _) = form().take(SRC);
    form.behaviour = Behaviour {
        prefix: "dr-".into(),
        auto_create: true,
        topics: "orders*, !orders-tmp".into(),
        offsets: true,
        groups: "*".into(),
        start: "latest".into(),
        more: "num.cluster.link.fetchers=2".into(),
        ..Behaviour::default()
    };
    let halves = halves(&form);
    assert!(halves.iter().all(|half| half.faults().is_empty()));
    let configs = LinkConfigs::parse(pairs(&halves[0].text)).unwrap();
    assert!(
        configs.topic_filters().admits("orders.eu")
            && !configs.topic_filters().admits("orders-tmp")
    );
    assert!(!halves[1].text.contains("orders"));
    let (again, _) = Form::default().take(&halves[0].text);
    assert!(again.behaviour == form.behaviour, "the file fills the form as it was");
}

#[test]
fn a_wrong_config_is_named_with_the_remedy() {
    let mut form = form();
    form.behaviour.start = "yesterday".into();
    form.remote = "bootstrap.servers=SASL_SSL://h:9092".into();
    let faults: Vec<String> = halves(&form)[0].faults().iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2);
    assert!(faults[0].contains("write `h:9092` here"), "{faults:?}");
    form.name = "a b".into();
    assert!(form.name_fault().unwrap().contains("contains ` `"));
}

#[test]
fn the_rest_call_has_the_id_field_of_its_half_and_no_secret() {
    let (form, _) = form().take(SRC);
    let halves = halves(&form);
    let call = |at: usize| halves[at].rest_call("http://g:1", "own", &form.name);
    assert!(call(0).contains("/clusters/own/links?link_name=from-on-prem-link"));
    assert!(call(0).contains("\"source_cluster_id\":\"id-on-prem\""));
    assert!(call(1).contains("\"destination_cluster_id\":\"id-cloud\""));
    assert!(
        call(1).contains("\"sasl.jaas.config\",\"value\":\"SECRET\"") && !call(1).contains("hush")
    );
}

#[test]
fn a_cluster_of_another_gateway_is_told_to_be_made_there() {
    let mut form = form();
    form.dials = Dials::Source;
    form.source = None;
    form.other_id = " G1pn ".into();
    let halves = halves(&form);
    assert_eq!((halves[0].remote_id.as_str(), &halves[1].cluster), ("G1pn", &None));
    assert!(words::plan(&form, &halves)[1].contains("create it there with the file shown"));
}

#[test]
fn every_choice_says_what_it_means() {
    let mut form = form();
    assert!(words::firewall(&form).contains("from the side of cloud to the brokers of on-prem"));
    form.dials = Dials::Source;
    assert!(words::firewall(&form).contains("Nothing has to be let in to on-prem"));
    form.behaviour.start = "2026-11-22T08:30:00Z".into();
    assert!(words::start(&form).contains("2026-11-22 08:30:00 UTC"));
    form.behaviour.offsets = true;
    assert!(words::offsets(&form).starts_with("No filter yet"));
    form.behaviour.groups = "*".into();
    assert!(words::offsets(&form).contains("30 s of progress"));
    form.behaviour.prefix = "dr-".into();
    assert!(words::prefix(&form).contains("dr-orders on cloud"));
}

proptest! {
    #[test]
    fn any_text_is_taken_without_panic_and_written_files_read_back(text in "([a-z.]{1,12}[=: ][a-z\\\\\"{}*,]{0,9}\n?){0,6}") {
        let (form, _) = form().take(&text);
        for half in halves(&form) {
            let (again, _) = form.clone().take(&half.text);
            let rewritten: Vec<_> = halves(&again).iter().map(|half| pairs(&half.text)).collect();
            prop_assert!(rewritten.contains(&pairs(&half.text)));
        }
    }

    #[test]
    fn escaped_values_read_back(value in "[a-z\\\\{}\":*, ]{0,20}") {
        let line = format!("k={}", escape(value.trim()));
        prop_assert_eq!(pairs(&line), vec![("k".to_owned(), value.trim().to_owned())]);
    }
}
