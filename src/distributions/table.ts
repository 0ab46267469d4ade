import { k0s } from './k0s.ts';
import { k3s } from './k3s.ts';
import { kubernetes } from './kubernetes.ts';
import { rke2 } from './rke2.ts';

/** In the order in which they are tried: kubernetes matches any kubelet. */
export const table = { k0s, k3s, rke2, kubernetes };
