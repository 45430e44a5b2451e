// Every page of the console over the demo's clusters, for what is done with each of them.

export const pages: Record<string, string> = {
  topology: "/",
  links: "/links",
  mirrors: "/mirrors",
  clusters: "/clusters",
  "cluster-new": "/clusters/new",
  cluster: "/clusters/on-prem",
  brokers: "/clusters/on-prem/brokers",
  "brokers-configs": "/clusters/on-prem/brokers?tab=defaults",
  broker: "/clusters/on-prem/brokers/2",
  "broker-configs": "/clusters/on-prem/brokers/2?tab=configs",
  partitions: "/clusters/on-prem/partitions",
  topics: "/clusters/on-prem/topics",
  "topics-all": "/topics",
  "topic-new": "/clusters/on-prem/topics/new",
  topic: "/clusters/on-prem/topics/orders",
  "topic-configs": "/clusters/on-prem/topics/orders?tab=configs",
  access: "/access",
  "access-acls": "/access?cluster=cloud&tab=acls",
  "access-grants": "/access?cluster=cloud&tab=grants",
  "not-found": "/no/such/place",
};
