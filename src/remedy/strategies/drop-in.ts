/** Sets libmount's variable for kubelet in a systemd drop-in, on any Linux. */
import template from '../../../templates/drop-in.conf.hbs';
import { shellQuoted } from '../../text/escape.ts';
import { onlyKubelet, type Planning, type Strategy, variableFor, verifyStep } from './strategy.ts';

const removal = 'delete this file, then run systemctl daemon-reload, and restart the unit.';

const pathFor = ({ system }: Planning): string => `${system.unit}.service.d/50-subpathfix.conf`;

export const dropIn: Strategy = {
  files: (planning) => [
    {
      path: pathFor(planning),
      template,
      data: { ...planning.header, removal, title: planning.system.distribution, ...variableFor(planning) },
    },
  ],
  steps(planning) {
    const file = pathFor(planning);
    const args = ['install', '-D', '-m', '0644', `${planning.out}/${file}`, `/etc/systemd/system/${file}`];
    return [
      {
        text: 'Install it and restart kubelet. Nothing is built.',
        commands: [
          shellQuoted({ file: 'sudo', args }),
          'sudo systemctl daemon-reload',
          `sudo systemctl restart ${planning.system.unit}`,
        ],
      },
      verifyStep,
      { text: 'Remove the drop-in once util-linux itself has the fix.', commands: [] },
    ];
  },
  warnings: () => [onlyKubelet],
};
