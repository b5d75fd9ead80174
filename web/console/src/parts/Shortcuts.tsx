/** Which keys do what. */

import { SHORTCUTS, WITHIN } from '../shortcuts.js';
import { Dialog } from './Dialog.js';

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="keys">
        {[...Object.values(SHORTCUTS), ...WITHIN].map(({ shown, does }) => (
          <div key={does}>
            <dt>
              {shown.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
