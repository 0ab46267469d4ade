import { goPrograms } from '/work/nightly/test/cluster/go-programs.ts';
import { CONTAINERD, KUBECTL, KUBERNETES } from '/work/nightly/test/cluster/releases.ts';

for (const m of [KUBERNETES['1.36'], KUBECTL, CONTAINERD['2'], CONTAINERD['1.7']]) {
  const t = Date.now();
  try {
    console.log(m.dir, await goPrograms(m), (Date.now() - t) / 1000);
  } catch (e) {
    console.log(m.dir, String((e as Error).message).slice(0, 3000));
  }
}
