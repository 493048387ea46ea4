/** Names of well-known ports (IANA service names; the registry's, where two are in use). */
const NAMES = `7 echo|20 ftp-data|21 ftp|22 ssh|23 telnet|25 smtp|43 whois|53 domain|67 bootps|68 bootpc|69 tftp
  80 http|88 kerberos|110 pop3|111 sunrpc|119 nntp|123 ntp|135 epmap|137 netbios-ns|138 netbios-dgm|139 netbios-ssn
  143 imap|161 snmp|162 snmptrap|179 bgp|194 irc|389 ldap|443 https|445 microsoft-ds|465 submissions|500 isakmp
  514 syslog|515 printer|543 klogin|544 kshell|546 dhcpv6-client|547 dhcpv6-server|554 rtsp|587 submission|631 ipp
  636 ldaps|853 domain-s|873 rsync|989 ftps-data|990 ftps|993 imaps|995 pop3s|1080 socks|1194 openvpn
  1433 ms-sql-s|1521 ncube-lm|1701 l2tp|1812 radius|1813 radius-acct|1883 mqtt|2049 nfs|2181 eforward
  2375 docker|2376 docker-s|2379 etcd-client|2380 etcd-server|3306 mysql|3389 ms-wbt-server|4369 epmd
  4789 vxlan|5060 sip|5061 sips|5353 mdns|5432 postgresql|5671 amqps|5672 amqp|5900 rfb|5985 wsman|5986 wsmans
  6379 redis|6443 sun-sr-https|6667 ircu|8080 http-alt|8443 pcsync-https|8883 secure-mqtt|9092 xmltec-xmlmail
  9100 hp-pdl-datastr|9418 git|11211 memcache|27017 mongodb`;

const BY_PORT: ReadonlyMap<number, string> = new Map(
  NAMES.split(/[|\n]/).map((entry) => {
    const [port = '', name = ''] = entry.trim().split(' ');
    return [Number(port), name];
  }),
);

/** Name of the service of a port, or the port as text. */
export const serviceName = (port: number): string => BY_PORT.get(port) ?? String(port);
