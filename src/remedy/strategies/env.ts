/** Sets libmount's variable for kubelet in a NixOS module: nothing is built. */
import module from '../../../templates/module-env.nix.hbs';
import { buildsUtilLinux, nixStrategy } from './nix.ts';
import { onlyKubelet, variableFor } from './strategy.ts';

export const env = nixStrategy({
  module,
  overlay: null,
  data(planning) {
    const { variable, value } = planning.advisory.environment;
    return { ...variableFor(planning), gateVariable: `${variable}=${value}` };
  },
  builds: ({ wrapper }) => (wrapper ? buildsUtilLinux : 'It builds only the configuration.'),
  warnings: ({ wrapper }) => (wrapper ? [] : [onlyKubelet]),
});
