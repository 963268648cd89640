import type { SipFault } from '../../src/wire/index.ts';

/**
 * The torture messages of RFC 4475, by the names and sections they have there: the same features, written down by us. `codec` is
 * what our codec must say of one; what a proxy or registrar then answers is tested where those are.
 */
export interface TortureMessage {
  readonly name: string;
  readonly section: string;
  readonly bytes: Uint8Array;
  readonly codec: 'accepted' | SipFault;
}

const VIA = 'Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK';
const INVITE_BODY = lines(
  'v=0',
  'o=mhandley 29739 7272939 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 49217 RTP/AVP 0',
);

export const TORTURE: readonly TortureMessage[] = [
  // 3.1.1 valid
  good(
    'wsinv',
    '3.1.1.1',
    [
      'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
      'TO :',
      ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
      '  ;',
      '  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: wsinv.ndaksdj@192.0.2.1',
      'Content-Length   : BODY',
      'cseq: 0009',
      '  INVITE',
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    192.0.2.2;branch=390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value',
      ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Content-Type: application/sdp',
      'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
      ' z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
    ],
    INVITE_BODY,
  ),
  good('intmeth', '3.1.1.2', [
    "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
    "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
    'To: "BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
    "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u0440\u0430\u0431\u043e\u0442\u0430\u044e\u0449\u0438\u0439\";tag=_token~1'+`*%!-.",
    'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
    "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
    'Max-Forwards: 255',
    "extensionHeader-!.%*+_`'~:\ufeff\u5927\u505c\u96fb",
    'Content-Length: 0',
  ]),
  good(
    'esc01',
    '3.1.1.3',
    [
      'INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0',
      'To: sip:%75se%72@example.com',
      'From: <sip:I%20have%20spaces@example.net>;tag=938',
      'Max-Forwards: 87',
      'i: esc01.239409asdfakjkn23onasd0-3234',
      'CSeq: 234234 INVITE',
      'Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw',
      'C: application/sdp',
      'Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>',
      'Content-Length: BODY',
    ],
    INVITE_BODY,
  ),
  good('escnull', '3.1.1.4', [
    'REGISTER sip:example.com SIP/2.0',
    'To: sip:null-%00-null@example.com',
    'From: sip:null-%00-null@example.com;tag=839923423',
    'Max-Forwards: 70',
    'Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd',
    'CSeq: 14398234 REGISTER',
    'Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw',
    'Contact: <sip:%00@host5.example.com>',
    'Contact: <sip:%00%00@host5.example.com>',
    'L:0',
  ]),
  good('esc02', '3.1.1.5', [
    'RE%47IST%45R sip:registrar.example.com SIP/2.0',
    'To: "%Z%45" <sip:resource@example.com>',
    'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
    'Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf',
    'Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234',
    'CSeq: 29344 RE%47IST%45R',
    'Max-Forwards: 70',
    'Contact: <sip:alias1@host1.example.com>',
    'C%6Fntact: <sip:alias2@host2.example.com>',
    'Contact: <sip:alias3@host3.example.com>',
    'l: 0',
  ]),
  good('lwsdisp', '3.1.1.6', [
    'OPTIONS sip:user@example.com SIP/2.0',
    'To: sip:user@example.com',
    'From: caller<sip:caller@example.com>;tag=323',
    'Max-Forwards: 70',
    'Call-ID: lwsdisp.1234abcd@funky.example.com',
    'CSeq: 60 OPTIONS',
    'Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw',
    'l: 0',
  ]),
  good(
    'longreq',
    '3.1.1.7',
    [
      'INVITE sip:user@example.com SIP/2.0',
      `To: "I have a user name of ${'extreme'.repeat(10)} proportion"<sip:user@example.com:6000;unknownparam1=very${'long'.repeat(20)}value;longparam${'name'.repeat(25)}=shortvalue;very${'long'.repeat(25)}ParameterNameWithNoValue>`,
      `F: sip:${'amazinglylongcallername'.repeat(5)}@example.net;tag=12${'982'.repeat(50)}424;unknownheaderparam${'name'.repeat(20)}=unknownheaderparam${'value'.repeat(15)};unknownValueless${'paramname'.repeat(10)}`,
      `Call-ID: longreq.one${'really'.repeat(20)}longcallid`,
      'CSeq: 3882340 INVITE',
      `Unknown-${'Long'.repeat(20)}-Name: unknown-${'long'.repeat(20)}-value; unknown-${'long'.repeat(20)}-parameter-name = unknown-${'long'.repeat(20)}-parameter-value`,
      'Via: SIP/2.0/TCP sip33.example.com',
      'v: SIP/2.0/TCP sip32.example.com',
      'V: SIP/2.0/TCP sip31.example.com',
      ...Array.from({ length: 30 }, (_, i) => `Via: SIP/2.0/TCP sip${30 - i}.example.com`),
      `v: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very${'long'.repeat(50)}branchvalue`,
      'Max-Forwards: 70',
      `Contact: <sip:${'amazinglylongcallername'.repeat(5)}@host5.example.net>`,
      'Content-Type: application/sdp',
      'l: BODY',
    ],
    INVITE_BODY,
  ),
  {
    ...good(
      'dblreq',
      '3.1.1.8',
      [
        'REGISTER sip:example.com SIP/2.0',
        'To: sip:j.user@example.com',
        'From: sip:j.user@example.com;tag=43251j3j324',
        'Max-Forwards: 8',
        'I: dblreq.0ha0isndaksdj99sdfafnl3lk233412',
        'Contact: sip:j.user@host.example.com',
        'CSeq: 8 REGISTER',
        'Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492',
        'Content-Length: 0',
      ],
      lines('INVITE sip:joe@example.com SIP/2.0', 't: sip:joe@example.com', 'Content-Length: 0', ''),
    ),
  },
  good('semiuri', '3.1.1.9', [
    'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0',
    'To: sip:j_user@example.com',
    'From: sip:caller@example.org;tag=33242',
    'Max-Forwards: 3',
    'Call-ID: semiuri.0ha0isndaksdj',
    'CSeq: 8 OPTIONS',
    'Accept: application/sdp, application/pkcs7-mime,',
    '        multipart/mixed, multipart/signed,',
    '        message/sip, message/sipfrag',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw',
    'l: 0',
  ]),
  good('transports', '3.1.1.10', [
    'OPTIONS sip:user@example.com SIP/2.0',
    'To: sip:user@example.com',
    'From: <sip:caller@example.com>;tag=323',
    'Max-Forwards: 70',
    'Call-ID:  transports.kijh4akdnaqjkwendsasfdj',
    'Accept: application/sdp',
    'CSeq: 60 OPTIONS',
    'Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw',
    'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf',
    'Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj',
    'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en',
    'Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee',
    'l: 0',
  ]),
  good(
    'mpart01',
    '3.1.1.11',
    [
      'MESSAGE sip:kumiko@example.org SIP/2.0',
      'Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-;rport',
      'Max-Forwards: 70',
      'Route: <sip:127.0.0.1:5080>',
      'To: <sip:kumiko@example.org>',
      'From: <sip:fluffy@example.com>;tag=2fb0dcc9',
      'Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..',
      'CSeq: 1 MESSAGE',
      'Content-Transfer-Encoding: binary',
      'Content-Type: multipart/mixed;boundary=7a9cbec02ceef655',
      'Content-Length: BODY',
    ],
    '--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n\u0000\u0001\r\u0002\n\u0000binary\u0000\r\n--7a9cbec02ceef655--',
  ),
  good(
    'unreason',
    '3.1.1.12',
    response(
      'SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e \u0434\u0435\u0432\u044f\u043d\u043e\u0441\u0442\u043e \u0434\u0435\u0432\u044f\u0442\u044c - \u043f\u0440\u043e\u0441\u0442\u043e\u0435',
      'unreason.1234ksdfak3j2erwedfsASdf',
    ),
  ),
  good('noreason', '3.1.1.13', response('SIP/2.0 100 ', 'noreason.asndj203insdf99223ndf')),
  // 3.1.2 invalid
  bad(
    'badinv01',
    '3.1.2.1',
    'header-malformed',
    [
      ...invite('badinv01.0ha0isndaksdjasdf3234nas').filter(line => !line.startsWith('Via')),
      'Via: SIP/2.0/UDP 192.0.2.15;;,;,,',
      'Contact: "Joe" <sip:joe@example.org>;;;;',
    ],
    INVITE_BODY,
  ),
  bad('clerr', '3.1.2.2', 'content-length-mismatch', [...invite('clerr.0ha0isndaksdjweiafasdk3', '9999')], INVITE_BODY),
  bad(
    'ncl',
    '3.1.2.3',
    'content-length-malformed',
    [...invite('ncl.0ha0isndaksdj2193423r542w35', '-999')],
    INVITE_BODY,
  ),
  bad('scalar02', '3.1.2.4', 'header-malformed', [
    'REGISTER sip:example.com SIP/2.0',
    'Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3',
    'To: <sip:user@example.com>',
    'From: <sip:user@example.com>;tag=239232jh3',
    'CSeq: 36893488147419103232 REGISTER',
    'Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32',
    'Max-Forwards: 300',
    `Expires: 1${'0'.repeat(100)}`,
    'Contact: <sip:user@host129.example.com>;expires=280297596632815',
    'Content-Length: 0',
  ]),
  bad('scalarlg', '3.1.2.5', 'header-malformed', [
    'SIP/2.0 503 Service Unavailable',
    'Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129',
    'To: <sip:user@example.com>',
    'From: <sip:other@example.net>;tag=2easdjfejw',
    'CSeq: 9292394834772304023312 OPTIONS',
    'Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r',
    'Retry-After: 949302838503028349304023988',
    'Warning: 1812 overture "In Progress"',
    'Content-Length: 0',
  ]),
  bad(
    'quotbal',
    '3.1.2.6',
    'header-malformed',
    swap(invite('quotbal.aksdj'), 'To', 'To: "Mr. J. User <sip:j.user@example.com>'),
    INVITE_BODY,
  ),
  bad(
    'ltgtruri',
    '3.1.2.7',
    'uri-malformed',
    ['INVITE <sip:user@example.com> SIP/2.0', ...invite('ltgtruri.1@192.0.2.5').slice(1)],
    INVITE_BODY,
  ),
  bad(
    'lwsruri',
    '3.1.2.8',
    'start-line-malformed',
    ['INVITE sip:user@example.com; lr SIP/2.0', ...invite('lwsruri.asdfasdoeoi2323-asdfwrn23-asd834rk423').slice(1)],
    INVITE_BODY,
  ),
  bad(
    'lwsstart',
    '3.1.2.9',
    'start-line-malformed',
    ['INVITE  sip:user@example.com  SIP/2.0', ...invite('lwsstart.dfknq234oi243099adsdfnawe3@example.com').slice(1)],
    INVITE_BODY,
  ),
  bad('trws', '3.1.2.10', 'start-line-malformed', [
    'OPTIONS sip:remote-target@example.com SIP/2.0  ',
    ...options('trws.oicu34958239neffasdhr2345r').slice(1),
  ]),
  bad(
    'escruri',
    '3.1.2.11',
    'uri-malformed',
    [
      'INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0',
      ...invite('escruri.23940-asdfhj-aje3br-234q098w-fawerh2q-h4n5').slice(1),
    ],
    INVITE_BODY,
  ),
  good(
    'baddate',
    '3.1.2.12',
    [...invite('baddate.239423mnsadf3j23lj42--sedfnm234'), 'Date: Fri, 01 Jan 2010 16:00:00 EST'],
    INVITE_BODY,
  ),
  bad('regbadct', '3.1.2.13', 'header-malformed', [
    'REGISTER sip:example.com SIP/2.0',
    'To: sip:user@example.com',
    'From: sip:user@example.com;tag=998332',
    'Max-Forwards: 70',
    'Call-ID: regbadct.k345asrl3fdbv@10.0.0.1',
    'CSeq: 1 REGISTER',
    'Via: SIP/2.0/UDP 135.180.130.133:5060;branch=z9hG4bKkdjuw',
    'Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E',
    'l: 0',
  ]),
  bad(
    'badaspec',
    '3.1.2.14',
    'header-malformed',
    swap(
      options('badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3'),
      'To',
      'To: "Watson, Thomas" < sip:t.watson@example.org >',
    ),
  ),
  bad(
    'baddn',
    '3.1.2.15',
    'header-malformed',
    swap(options('baddn.31415@c.example.com'), 'From', 'From:    Bell, Alexander <sip:a.g.bell@example.com>;tag=43'),
  ),
  bad('badvers', '3.1.2.16', 'version-unsupported', [
    'OPTIONS sip:t.watson@example.org SIP/7.0',
    ...options('badvers.31417@c.example.com').slice(1),
  ]),
  bad(
    'mismatch01',
    '3.1.2.17',
    'cseq-method-mismatch',
    swap(options('mismatch01.dj0234sxdfl3'), 'CSeq', 'CSeq: 8 INVITE'),
  ),
  bad('mismatch02', '3.1.2.18', 'cseq-method-mismatch', [
    'NEWMETHOD sip:user@example.com SIP/2.0',
    ...swap(options('mismatch02.dj0234sxdfl3'), 'CSeq', 'CSeq: 8 INVITE').slice(1),
  ]),
  bad(
    'bigcode',
    '3.1.2.19',
    'start-line-malformed',
    response('SIP/2.0 4294967301 better not break the receiver', 'bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i'),
  ),
  // 3.2 transactions
  good(
    'badbranch',
    '3.2.1',
    swap(options('badbranch.sadonfo23i420jv0as0derf3j3n'), 'Via', 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK'),
  ),
  // 3.3 applications
  bad(
    'insuf',
    '3.3.1',
    'header-missing',
    [
      'INVITE sip:user@example.com SIP/2.0',
      'CSeq: 193942 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf',
      'Content-Type: application/sdp',
      'l: BODY',
    ],
    INVITE_BODY,
  ),
  good('unkscm', '3.3.2', [
    'OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0',
    ...options('unkscm.nasdfasser0q239nwsdfasdkl34').slice(1),
  ]),
  good('novelsc', '3.3.3', [
    'OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0',
    ...options('novelsc.asdfasser0q239nwsdfasdkl34').slice(1),
  ]),
  good('unksm2', '3.3.4', [
    'REGISTER sip:example.com SIP/2.0',
    'To: isbn:2983792873',
    'From: <http://www.example.com>;tag=3234233',
    'Call-ID: unksm2.daksdj@hyphenated-host.example.com',
    'CSeq: 234902 REGISTER',
    'Max-Forwards: 70',
    'Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw',
    'Contact: <name:John_Smith>',
    'l: 0',
  ]),
  good('bext01', '3.3.5', [
    ...options('bext01.0ha0isndaksdj'),
    'Require: nothingSupportsThis, nothingSupportsThisEither',
    'Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis',
  ]),
  good(
    'invut',
    '3.3.6',
    [
      ...invite('invut.0ha0isndaksdjadsfij34n23d').filter(line => !line.startsWith('Content-Type')),
      'Content-Type: application/unknownformat',
    ],
    '<audio>\r\n <pcmu port="443"/>\r\n</audio>\r\n',
  ),
  good('regaut01', '3.3.7', [
    ...register('regaut01.0ha0isndaksdj'),
    'Authorization: NoOneKnowsThisScheme opaque-data=here',
  ]),
  bad(
    'multi01',
    '3.3.8',
    'header-repeated',
    [
      ...invite('multi01.98asdh@192.0.2.1'),
      'Call-ID: multi01.98asdh@192.0.2.2',
      'CSeq: 59 INVITE',
      'Max-Forwards: 5',
      'From: <sip:other@example.com>;tag=2',
    ],
    INVITE_BODY,
  ),
  bad(
    'mcl01',
    '3.3.9',
    'content-length-repeated',
    [...options('mcl01.fhn2323orihawfdoa3o4r52o3irsdf'), 'Content-Length: 5'],
    'There',
  ),
  good(
    'bcast',
    '3.3.10',
    [
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
      'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23',
      'Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf',
      'CSeq: 35 INVITE',
      'From: sip:user@example.com;tag=11141343',
      'To: sip:user@example.edu;tag=2229',
      'Content-Length: BODY',
      'Content-Type: application/sdp',
      'Contact: <sip:user@host28.example.com>',
    ],
    INVITE_BODY,
  ),
  good('zeromf', '3.3.11', swap(options('zeromf.jfasdlfnm2o2l43r5u0asdfas'), 'Max-Forwards', 'Max-Forwards: 0')),
  good('cparam01', '3.3.12', [
    ...register('cparam01.70710@saturn.example.com'),
    'Contact: sip:+19725552222@gw1.example.net;unknownparam',
  ]),
  good('cparam02', '3.3.13', [
    ...register('cparam02.70710@saturn.example.com'),
    'Contact: <sip:+19725552222@gw1.example.net;unknownparam>',
  ]),
  good('regescrt', '3.3.14', [
    ...register('regescrt.k345asrl3fdbv@192.0.2.1'),
    'Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>',
  ]),
  good('sdp01', '3.3.15', [...invite('sdp01.ndaksdj9342dasdd'), 'Accept: text/nobodyKnowsThis'], INVITE_BODY),
  // 3.4 older elements
  good(
    'inv2543',
    '3.4.1',
    [
      'INVITE sip:UserB@example.com SIP/2.0',
      'Via: SIP/2.0/UDP iftgw.example.com',
      'From: <sip:+13035551111@ift.client.example.net;user=phone>',
      'Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>',
      'To: sip:+16505552222@ss1.example.net;user=phone',
      'Call-ID: inv2543.1717@ift.client.example.com',
      'CSeq: 56 INVITE',
      'Content-Type: application/sdp',
      'Content-Length: BODY',
    ],
    INVITE_BODY,
  ),
];

export function tortureMessage(name: string): TortureMessage {
  const found = TORTURE.find(message => message.name === name);
  if (found === undefined) throw new Error(`RFC 4475 has no ${name}`);
  return found;
}

function good(name: string, section: string, head: readonly string[], body = ''): TortureMessage {
  return { name, section, bytes: whole(head, body), codec: 'accepted' };
}

function bad(name: string, section: string, codec: SipFault, head: readonly string[], body = ''): TortureMessage {
  return { name, section, bytes: whole(head, body), codec };
}

function whole(head: readonly string[], body: string): Uint8Array {
  const text = [...head, '', ''].join('\r\n').replace(/BODY(?=\r\n)/, String(Buffer.byteLength(body)));
  return Buffer.from(text + body);
}

function lines(...all: readonly string[]): string {
  return all.map(line => `${line}\r\n`).join('');
}

function common(method: string, callId: string): string[] {
  return [
    `${method} sip:user@example.com SIP/2.0`,
    `${VIA}${callId.replace(/[^A-Za-z0-9.]/g, '')}`,
    'Max-Forwards: 70',
    'To: sip:j.user@example.com',
    'From: <sip:caller@example.org>;tag=33242',
    `Call-ID: ${callId}`,
    `CSeq: 8 ${method}`,
  ];
}

function invite(callId: string, length = 'BODY'): string[] {
  const contact = 'Contact: <sip:caller@host5.example.net>';
  return [...common('INVITE', callId), contact, 'Content-Type: application/sdp', `Content-Length: ${length}`];
}

function options(callId: string): string[] {
  return [...common('OPTIONS', callId), 'Content-Length: 0'];
}

function register(callId: string): string[] {
  return ['REGISTER sip:example.com SIP/2.0', ...common('REGISTER', callId).slice(1), 'Content-Length: 0'];
}

function response(statusLine: string, callId: string): string[] {
  return [statusLine, ...common('INVITE', callId).filter(line => !/^(INVITE|Max)/.test(line)), 'Content-Length: 0'];
}

function swap(head: readonly string[], name: string, line: string): string[] {
  return head.map(old => (old.startsWith(`${name}:`) ? line : old));
}
