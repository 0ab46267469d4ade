import { afterAll, expect, it } from 'vitest';
import { lab } from './sshd.ts';
import { connect } from '../../src/host/ssh/connection.ts';
import { remoteHost } from '../../src/host/ssh/host.ts';
import { foreseen } from '../../src/facts/node/foreseen.ts';
import { examineNode } from '../../src/facts/node/examine.ts';
import { localHost } from '../../src/host/local.ts';
import { advisory } from '../../src/advisory/index.ts';
const it1 = lab(); afterAll(() => it1.close());
it('x', async () => {
  const s = await it1.sshd({ aliases: ['n1'] });
  const { copyFileSync } = await import('node:fs'); const { spawn } = await import('node:child_process');
  copyFileSync('/bin/sleep', it1.directory+'/kubelet');
  const k = process.env['KUBELET'] ? spawn(it1.directory+'/kubelet', ['60'], { env: { PATH: '/usr/local/sbin:/usr/bin:/bin', INVOCATION_ID: 'abc' }, detached: true }) : null;
  await new Promise(r=>setTimeout(r,200));
  afterAll(() => void k?.kill());
  const t0=performance.now();
  const c = connect(`${it1.directory}/bin/ssh`, 'n1', process.env);
  const ask = c.ask; 
  const logged = { ...c, ask: async (l: readonly string[]) => { const t=performance.now(); console.log('ASK', l.length > 5 && c.roundTrips()===0 ? l.length : l.map(x=>x.slice(0,300)).join('\n')); const r = await ask(l); console.log('took', performance.now()-t); return r; } };
  let h;
  try { h = await remoteHost(logged, foreseen()); } catch (e) { console.log(e, s.log()); throw e; }
  const { signal } = new AbortController();
  const r = await examineNode(h.host, advisory, { live: true, signal });
  console.log('rt', c.roundTrips(), performance.now()-t0);
  const l = await examineNode(localHost({PATH: h.host.env['PATH']}), advisory, { live: true, signal });
  c.close(new Error('x') as any);
  console.log(JSON.stringify(r.facts), r.node.ignored); expect(r).toEqual(l);
}, 20000);
