/** Every distribution that is known, one line each. */
export { k0s } from './k0s.ts';
export { k3s } from './k3s.ts';
export { kubernetes } from './kubernetes.ts';
export { microk8s } from './microk8s.ts';
export { rke2 } from './rke2.ts';
